extension Migration {
    /// Remembered due times know their schedule. The same text, to be read by people, is `v0005_times.sql`; a test
    /// compares them.
    static let times = Migration(
        number: 5, name: "times",
        sql: #"""
            -- v0005: a remembered due time knows which times it was one of.
            --
            -- After a job's schedule was edited, nothing was due at the new times before that; '' is from before this version.
            ALTER TABLE schedules ADD COLUMN times TEXT NOT NULL DEFAULT '';

            """#)
}
