import Basics
import CPostgres

/// What a PostgreSQL server is set to, and has to do, that decides whether what it says is stored stays so.
package struct ServerSettings: Sendable, Equatable {
    /// Its version, such as `15.18`.
    package let version: String
    /// `server_version_num`.
    var number = oldest
    package var fsync = "on"
    var fullPageWrites = "on"
    package var synchronousCommit = "on"
    package var standbys = Standbys()
    /// How long the oldest transaction has been open, of those that this user may see; nil: none is.
    package var oldestTransaction: Duration?
    /// Whether this user may see what the sessions of others do.
    package var seesAll = true
    /// What stands between, such as `PgBouncer 1.18.0`; empty where that does not say; nil: nothing.
    package var pooler: String?

    /// The first version that is offered, as `server_version_num` has it.
    private static let oldest = 140_000
    /// A transaction that is open for so long keeps the server from clearing what was deleted since.
    private static let longestTransaction = Duration.seconds(3_600)

    /// The servers that copy this one.
    package struct Standbys: Sendable, Equatable {
        /// How many are connected.
        package var count = 0
        /// What `synchronous_standby_names` says; empty: no commit waits for one.
        package var named = ""
        /// Those that acknowledge commits, of those that this user may see.
        package var synchronous: [String] = []
    }

    init(version: String) { self.version = version }

    /// Under what calls that were paid for are lost, each with what to do.
    package var faults: [String] {
        var faults: [String] = []
        if number < Self.oldest { faults.append("version \(version) is older than 14; take a newer one") }
        if fsync == "off" { faults.append("fsync is off: a power cut loses calls that were paid for; set it on") }
        if fullPageWrites == "off" { faults.append("full_page_writes is off: a power cut tears pages; set it on") }
        if synchronousCommit == "off" {
            faults.append("synchronous_commit is off: a crash loses calls that were paid for; set it on")
        }
        return faults
    }

    /// Under what a failover loses the last commits, or none is made, with what to do; nil: nothing of that.
    package var standbyFault: String? {
        if standbys.named.isEmpty {
            guard standbys.count > 0 else { return nil }
            return """
                no commit waits for a standby, so a failover loses the last ones; the batches of what was lost halt: set \
                synchronous_standby_names, or Patroni's synchronous_mode
                """
        }
        if synchronousCommit == "local" {
            return """
                synchronous_commit is local, so no commit waits for a standby, and a failover loses the last ones; set it on
                """
        }
        guard standbys.synchronous.isEmpty, seesAll, synchronousCommit != "off" else { return nil }
        return """
            none acknowledges commits, which wait, and calls with them; synchronous_standby_names is \(standbys.named)
            """
    }

    /// What to do about a transaction that has been open for too long; nil: none has.
    package var transactionFault: String? {
        guard let oldestTransaction, oldestTransaction > Self.longestTransaction else { return nil }
        return """
            end what has it open, which pg_stat_activity and pg_prepared_xacts show: nothing that was deleted since is \
            cleared
            """
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
        guard let database = database as? PostgreSQLDatabase else { return nil }
        let settings = try await read { try ServerSettings.fetch($0) }
        let pooler = await BlockingWork.run { database.place.pooler() }
        return settings.map { settings in
            var settings = settings
            settings.pooler = pooler
            return settings
        }
    }
}

extension ServerSettings {
    /// What a user without the right to see others' sessions gets of them is NULL.
    private static let question = """
        SELECT current_setting('server_version'), current_setting('server_version_num')::bigint,
          current_setting('fsync'), current_setting('full_page_writes'), current_setting('synchronous_commit'),
          current_setting('synchronous_standby_names'),
          (SELECT count(*) FROM "pg_catalog"."pg_stat_replication"),
          (SELECT coalesce(string_agg(application_name, chr(10) ORDER BY application_name), '')
           FROM "pg_catalog"."pg_stat_replication" WHERE sync_state IN ('sync', 'quorum')),
          pg_has_role(current_user, 'pg_read_all_stats', 'USAGE'),
          (SELECT max(date_part('epoch', clock_timestamp() - since) * 1000)::bigint
           FROM (SELECT xact_start FROM "pg_catalog"."pg_stat_activity"
                 WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()
                 UNION ALL SELECT prepared FROM "pg_catalog"."pg_prepared_xacts") AS opened (since))
        """

    fileprivate static func fetch(_ database: StoreConnection) throws -> ServerSettings? {
        try StoredRow.fetchOne(database, sql: question).map { row in
            var settings = ServerSettings(version: row[0])
            (settings.number, settings.fsync, settings.fullPageWrites) = (row[1], row[2], row[3])
            (settings.synchronousCommit, settings.seesAll) = (row[4], row[8])
            let synchronous: String = row[7]
            settings.standbys = Standbys(
                count: row[6], named: row[5], synchronous: synchronous.split(separator: "\n").map(String.init))
            settings.oldestTransaction = (row[9] as Int64?).map { .milliseconds($0) }
            return settings
        }
    }
}

extension PostgreSQLPlace {
    /// What stands between this process and the server; nil: nothing, or nobody answers. It blocks.
    fileprivate func pooler() -> String? {
        guard let raw = try? connect() else { return nil }
        defer { PQfinish(raw) }
        guard let peer = try? PostgreSQLPeer(of: raw, silence: silence), !peer.isDirect else { return nil }
        guard let console = try? console().connect() else { return "" }
        defer { PQfinish(console) }
        let answer = PostgreSQLWaiting.ask(console, "SHOW VERSION", silence: silence)
        return answer?.bytes(0, 0).map { String(decoding: $0, as: UTF8.self) } ?? ""
    }
}
