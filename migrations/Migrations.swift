package import GRDB

/// The numbered steps that make a database the one this version reads and writes.
package struct Migrations: Sendable {
    /// The steps of this version, in order, and a baseline that stands for the first of them in a new database.
    package static let all = Migrations(
        steps, baseline: (version: 21, sql: String(decoding: PackageResources.b0021_baseline_sql, as: UTF8.self)))

    private static let steps = [
        Migration(1, "initial", PackageResources.v0001_initial_sql),
        Migration(2, "daemon", PackageResources.v0002_daemon_sql),
        Migration(3, "spend", PackageResources.v0003_spend_sql),
        Migration(4, "archive", PackageResources.v0004_archive_sql),
        Migration(5, "times", PackageResources.v0005_times_sql),
        Migration(6, "other_calls", PackageResources.v0006_other_calls_sql),
        Migration(7, "reruns", PackageResources.v0007_reruns_sql),
        Migration(8, "runner_batch", PackageResources.v0008_runner_batch_sql),
        Migration(9, "answers", PackageResources.v0009_answers_sql),
        Migration(10, "restores", PackageResources.v0010_restores_sql),
        Migration(11, "batch_days", PackageResources.v0011_batch_days_sql),
        Migration(12, "requests", PackageResources.v0012_requests_sql),
        Migration(13, "words", PackageResources.v0013_words_sql),
        Migration(14, "key_reminders", PackageResources.v0014_key_reminders_sql),
        Migration(15, "card_numbers", PackageResources.v0015_card_numbers_sql),
        Migration(16, "audit", PackageResources.v0016_audit_sql),
        Migration(17, "period_keys", PackageResources.v0017_period_keys_sql),
        Migration(18, "keys_folder", PackageResources.v0018_keys_folder_sql),
        Migration(19, "purges", PackageResources.v0019_purges_sql),
        Migration(20, "forgotten_records", PackageResources.v0020_forgotten_records_sql),
        Migration(21, "outcome_words", PackageResources.v0021_outcome_words_sql),
        Migration(22, "uploads", PackageResources.v0022_uploads_sql),
        Migration(23, "moves", PackageResources.v0023_moves_sql),
        Migration(24, "rates", PackageResources.v0024_rates_sql),
        Migration(25, "months_keys", PackageResources.v0025_months_keys_sql),
        Migration(26, "shared_folders", PackageResources.v0026_shared_folders_sql),
        Migration(27, "failures_in_a_row", PackageResources.v0027_failures_in_a_row_sql),
        Migration(28, "partitions", PackageResources.v0028_partitions_sql),
        Migration(29, "unknown_calls", PackageResources.v0029_unknown_calls_sql),
    ]

    private let steps: [Migration]
    private let baseline: Baseline?

    /// The schema to which the steps up to a version lead, at once.
    private typealias Baseline = (version: Int, sql: String)

    /// Makes a list of steps, numbered from 1 without gaps.
    private init(_ steps: [Migration], baseline: Baseline?) {
        (self.steps, self.baseline) = (steps, baseline)
    }

    /// The version that these steps lead to.
    package var version: Int { steps.count }

    /// The same steps and one more, which is given its number.
    package func adding(_ name: String, sql: String) -> Migrations {
        Migrations(steps + [Migration(number: version + 1, name: name, sql: sql)], baseline: baseline)
    }

    /// The first of these steps, which lead to an earlier version, without a baseline.
    ///
    /// - Parameter version: That version, from 0 to this one.
    /// - Returns: The steps.
    package func upTo(_ version: Int) -> Migrations {
        Migrations(Array(steps.prefix(version)), baseline: nil)
    }

    /// The steps' names, which are those of their files without `.sql`.
    package var identifiers: [String] { steps.map(\.identifier) }

    /// The version of a database: how many steps it has taken, also those that this version doesn't know; 0 when empty.
    ///
    /// - Throws: `DatabaseError` when the database can't be read.
    package func version(of database: Database) throws -> Int {
        guard try database.tableExists(Self.taken) else { return 0 }
        return try Int.fetchOne(database, sql: "SELECT count(*) FROM \(Self.taken)") ?? 0
    }

    /// The number of the step that wants every batch's data key wrapped by a period key and the fingerprint key gone
    /// from the database, which takes keys that no statement has.
    package static let keysFolder = 18

    /// Takes the steps that the database has not taken yet, each in a transaction of its own; a new database takes the
    /// baseline and the steps after it in one, so that it is made whole or not at all, and the disk is waited for once.
    ///
    /// - Parameters:
    ///   - writer: The database.
    ///   - preparations: By a step's number, what is done first in its transaction, if it is still to be taken. The
    ///     baseline's steps have nothing to prepare: a new database holds no rows.
    /// - Throws: `DatabaseError` when a step fails, or what a preparation throws; that step leaves nothing behind.
    package func apply(
        to writer: some DatabaseWriter,
        preparing preparations: [Int: @Sendable (Database) throws -> Void] = [:]
    ) throws {
        guard try writer.read({ try $0.tableExists(Self.taken) }) else {
            return try make(in: writer, preparing: preparations)
        }
        var migrator = DatabaseMigrator()
        for step in steps {
            let prepare = preparations[step.number]
            migrator.registerMigration(step.identifier) { database in
                try prepare?(database)
                try database.execute(sql: step.sql)
            }
        }
        try migrator.migrate(writer)
    }

    /// The schema with which a PostgreSQL database of the first version there began; versions have one history.
    package static let postgreSQLBaseline = (
        version: 22, sql: String(decoding: PackageResources.b0022_postgresql_baseline_sql, as: UTF8.self)
    )

    private static let serverSteps = [
        Migration(23, "moves", PackageResources.p0023_moves_sql),
        Migration(24, "rates", PackageResources.p0024_rates_sql),
        Migration(25, "months_keys", PackageResources.p0025_months_keys_sql),
        Migration(26, "shared_folders", PackageResources.p0026_shared_folders_sql),
        Migration(27, "failures_in_a_row", PackageResources.p0027_failures_in_a_row_sql),
        Migration(28, "partitions", PackageResources.p0028_partitions_sql),
        Migration(29, "unknown_calls", PackageResources.p0029_unknown_calls_sql),
    ]

    /// The whole schema of this version for a new PostgreSQL database.
    package static var postgreSQL: String {
        postgreSQLBaseline.sql + postgreSQLSteps(after: postgreSQLBaseline.version)
    }

    /// The steps that bring a PostgreSQL database of a version up to this one.
    ///
    /// - Parameter version: Its version.
    /// - Returns: Their statements; none for a database of this version.
    package static func postgreSQLSteps(after version: Int) -> String {
        serverSteps.filter { $0.number > version }.map {
            "\n\($0.sql)\nINSERT INTO rollcall.schema_steps (version) VALUES (\($0.number));\n"
        }.joined()
    }

    /// The table in which GRDB keeps the names of the steps that a database has taken.
    private static let taken = "grdb_migrations"

    private func make(
        in writer: some DatabaseWriter, preparing preparations: [Int: @Sendable (Database) throws -> Void]
    ) throws {
        try writer.write { database in
            try database.execute(sql: "CREATE TABLE \(Self.taken) (identifier TEXT NOT NULL PRIMARY KEY)")
            if let baseline { try database.execute(sql: baseline.sql) }
            for step in steps {
                if step.number > baseline?.version ?? 0 {
                    try preparations[step.number]?(database)
                    try database.execute(sql: step.sql)
                }
                try database.execute(
                    sql: "INSERT INTO \(Self.taken) (identifier) VALUES (?)", arguments: [step.identifier])
            }
        }
    }
}
