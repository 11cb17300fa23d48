/// What a PostgreSQL server is set to that decides whether what it says is stored stays so.
package struct ServerSettings: Sendable, Equatable {
    /// Its version, such as `15.18`.
    package let version: String
    /// Settings under which commits are lost that were told to last, each with what to do.
    package let faults: [String]

    /// The first version that is offered, as `server_version_num` has it.
    private static let oldest = 140_000

    init(version: String, number: Int, fsync: String, fullPageWrites: String, synchronousCommit: String) {
        self.version = version
        var faults: [String] = []
        if number < Self.oldest { faults.append("version \(version) is older than 14; take a newer one") }
        if fsync == "off" { faults.append("fsync is off: a power cut loses calls that were paid for; set it on") }
        if fullPageWrites == "off" { faults.append("full_page_writes is off: a power cut tears pages; set it on") }
        if synchronousCommit == "off" {
            faults.append("synchronous_commit is off: a crash loses calls that were paid for; set it on")
        }
        self.faults = faults
    }
}

extension RecordStore {
    /// The bytes that the database has on its server's disk, without the server's log; nil where the database is a file.
    ///
    /// - Throws: ``StoreError`` when the server can't be asked.
    package func bytesOnServer() async throws -> Int? {
        guard database is PostgreSQLDatabase else { return nil }
        return try await read { try Int.fetchOne($0, sql: "SELECT pg_database_size(current_database())") }
    }

    /// How often this process has waited for the server in what it wrote, this question included; nil where the database is
    /// a file.
    ///
    /// - Throws: ``StoreError`` when it can't be asked.
    package func roundTrips() async throws -> Int? {
        try await write { connection in
            guard case .postgreSQL(let server) = connection.database.engine else { return nil }
            return server.roundTrips
        }
    }

    /// What the database's server is set to; nil where the database is a file.
    ///
    /// - Throws: ``StoreError`` when the server can't be asked.
    package func serverSettings() async throws -> ServerSettings? {
        guard database is PostgreSQLDatabase else { return nil }
        let sql = """
            SELECT current_setting('server_version'), current_setting('server_version_num')::bigint,
              current_setting('fsync'), current_setting('full_page_writes'), current_setting('synchronous_commit')
            """
        return try await read { database in
            try StoredRow.fetchOne(database, sql: sql).map { row in
                ServerSettings(
                    version: row[0], number: row[1], fsync: row[2], fullPageWrites: row[3], synchronousCommit: row[4])
            }
        }
    }
}
