import Basics
import CPostgres

/// What a PostgreSQL server is set to and has to do, as far as it decides whether what it says is stored stays so.
package struct ServerReport: Sendable, Equatable {
    /// Its version, such as `15.18`.
    package let version: String
    /// `server_version_num`.
    var number = oldest
    package var fsync = "on"
    var fullPageWrites = "on"
    package var synchronousCommit = "on"
    var standbys = Standbys()
    /// The transaction that has been open for longest, of those that this user may see; nil: none is.
    package var oldestTransaction: OpenTransaction?
    /// Whether this user may see what the sessions of others do.
    package var seesAll = true
    package var user = ""
    /// Whether this user may make partitions, which the first batch of a month needs.
    var ownsTables = true
    /// What stands between, such as `PgBouncer 1.18.0`; empty where that does not say; nil: nothing.
    package var pooler: String?
    /// How many hosts the setting names.
    var hosts = 1

    /// The first version that is offered, as `server_version_num` has it.
    private static let oldest = 140_000
    /// A transaction that is open for so long keeps the server from clearing what was deleted since.
    private static let longestTransaction = Duration.seconds(3_600)

    /// The servers that copy this one.
    struct Standbys: Sendable, Equatable {
        /// How many are connected.
        var count = 0
        /// What `synchronous_standby_names` says; empty: no commit waits for one.
        var named = ""
        /// Those for which commits wait, of those that this user may see.
        var synchronous: [String] = []
        /// How long a commit has been waiting for one; nil: none has for some seconds.
        var waiting: Duration?

        /// For how many a commit waits: `ANY 2 (a, b, c)`, `FIRST 2 (…)`, `2 (…)`, or one of a list.
        var wanted: Int {
            let text = named.uppercased().drop { $0 == " " }
            let count = ["ANY ", "FIRST "].first(where: text.hasPrefix).map { text.dropFirst($0.count) } ?? text
            let digits = count.drop { $0 == " " }.prefix(while: \.isNumber)
            guard count.contains("("), let number = Int(digits) else { return named.isEmpty ? 0 : 1 }
            return number
        }
    }

    /// A transaction that somebody has open.
    package struct OpenTransaction: Sendable, Equatable {
        package let age: Duration
        /// What has it open: a session's process and application, or the name of a prepared one.
        package let owner: String
    }

    /// What was found, and whether it is to be mended.
    package struct Finding: Sendable, Equatable {
        package let text: String
        package let isFault: Bool

        static func fine(_ text: String) -> Finding { Finding(text: text, isFault: false) }
        static func fault(_ text: String) -> Finding { Finding(text: text, isFault: true) }
    }

    init(version: String) { self.version = version }

    /// How it is set.
    package var settings: String {
        "PostgreSQL \(version); fsync is \(fsync), synchronous_commit is \(synchronousCommit)"
    }

    /// Under what calls that were paid for are lost, or none can be made one day, each with what to do.
    package var faults: [String] {
        var faults: [String] = []
        if number < Self.oldest { faults.append("version \(version) is older than 14; take a newer one") }
        if fsync == "off" { faults.append("fsync is off: a power cut loses calls that were paid for; set it on") }
        if fullPageWrites == "off" { faults.append("full_page_writes is off: a power cut tears pages; set it on") }
        if synchronousCommit == "off" {
            faults.append("synchronous_commit is off: a crash loses calls that were paid for; set it on")
        }
        if !ownsTables {
            faults.append(
                "user \(user) does not own the schema rollcall and its tables, so it cannot make a new month's partitions: "
                    + "let it own them")
        }
        return faults
    }

    /// Whether a standby has what was committed.
    package var standby: Finding {
        let connected = "\(standbys.count) connected"
        guard !standbys.named.isEmpty else {
            let remedy = "set synchronous_standby_names, or Patroni's synchronous_mode"
            let loss = "no commit waits for one, so a failover loses the last commits, and the batches of these halt"
            if standbys.count > 0 { return .fault("\(connected), and \(loss): \(remedy)") }
            return hosts > 1
                ? .fault("none connected, though database names \(hosts) hosts, and \(loss): \(remedy)")
                : .fine("none: what was committed is on this server's disk alone")
        }
        guard StandbyRule.isKept(synchronousCommit: synchronousCommit, standbyNames: standbys.named) else {
            return .fault(
                "synchronous_commit is \(synchronousCommit), so a commit is told before a standby has it on its disk, and a "
                    + "failover loses the last ones: set it on")
        }
        let remedy = "start one, or change synchronous_standby_names (\(standbys.named))"
        let wait = "commits wait, and calls with them: \(remedy)"
        if standbys.count == 0 { return .fault("none connected: \(wait)") }
        guard seesAll else {
            return .fine("\(connected); user \(user) may not see which have what was committed: \(grant)")
        }
        if standbys.synchronous.count < standbys.wanted {
            let having = "\(standbys.synchronous.count) of \(standbys.wanted) have what was committed"
            return .fault("\(connected), and \(having): \(wait)")
        }
        let names = standbys.synchronous.joined(separator: ", ")
        if let waiting = standbys.waiting {
            return .fault("\(names) does not answer: a commit has been waiting for \(waiting / .seconds(1)) s; \(wait)")
        }
        return .fine("\(names) acknowledges commits; \(connected)")
    }

    /// How a user comes to see other sessions.
    package var grant: String { "GRANT pg_monitor TO \(user)" }

    /// Whether a transaction has been open for so long that it is to be ended.
    package var isTransactionTooOld: Bool { oldestTransaction.map { $0.age > Self.longestTransaction } ?? false }
}

extension RecordStore {
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

    /// What the database's server is set to and has to do; nil where the database is a file.
    ///
    /// - Throws: ``StoreError`` when the server can't be asked.
    package func serverReport() async throws -> ServerReport? {
        guard let database = database as? PostgreSQLDatabase else { return nil }
        guard var report = try await read({ try ServerReport.fetch($0) }) else { return nil }
        report.pooler = await BlockingWork.run { database.place.pooler() }
        report.hosts = database.place.hostCount
        return report
    }
}

extension ServerReport {
    /// What a user without the right to see others' sessions gets of them is NULL. Only transactions in this database keep what
    /// is deleted in it.
    private static let question = """
        SELECT current_setting('server_version'), current_setting('server_version_num')::bigint,
          current_setting('fsync'), current_setting('full_page_writes'), current_setting('synchronous_commit'),
          current_setting('synchronous_standby_names'),
          (SELECT count(*) FROM "pg_catalog"."pg_stat_replication"),
          (SELECT coalesce(string_agg(application_name, chr(10) ORDER BY application_name), '')
           FROM "pg_catalog"."pg_stat_replication" WHERE sync_state IN ('sync', 'quorum')),
          (SELECT max(date_part('epoch', clock_timestamp() - query_start) * 1000)::bigint
           FROM "pg_catalog"."pg_stat_activity"
           WHERE wait_event = 'SyncRep' AND clock_timestamp() - query_start > interval '5 s'),
          pg_has_role(current_user, 'pg_read_all_stats', 'USAGE'), current_user::text,
          (SELECT bool_and(pg_has_role(relowner, 'USAGE')) FROM "pg_catalog"."pg_class"
           WHERE relname = 'archived_records' AND relnamespace = to_regnamespace('rollcall'))
            AND has_schema_privilege('rollcall', 'CREATE')
        """

    private static let oldestOpen = """
        SELECT (date_part('epoch', clock_timestamp() - since) * 1000)::bigint, owner FROM (
          SELECT xact_start, 'process ' || pid || coalesce(' of ' || nullif(application_name, ''), '')
          FROM "pg_catalog"."pg_stat_activity"
          WHERE datname = current_database() AND backend_type = 'client backend' AND pid <> pg_backend_pid()
          UNION ALL SELECT prepared, 'prepared transaction ' || gid FROM "pg_catalog"."pg_prepared_xacts"
          WHERE database = current_database()) AS opened (since, owner)
        WHERE since IS NOT NULL ORDER BY since LIMIT 1
        """

    fileprivate static func fetch(_ database: StoreConnection) throws -> ServerReport? {
        guard let row = try StoredRow.fetchOne(database, sql: question) else { return nil }
        var report = ServerReport(version: row[0])
        (report.number, report.fsync, report.fullPageWrites) = (row[1], row[2], row[3])
        report.synchronousCommit = row[4]
        let synchronous: String = row[7]
        report.standbys = Standbys(
            count: row[6], named: row[5], synchronous: synchronous.split(separator: "\n").map(String.init),
            waiting: (row[8] as Int64?).map { .milliseconds($0) })
        (report.seesAll, report.user, report.ownsTables) = (row[9], row[10], row[11])
        report.oldestTransaction = try StoredRow.fetchOne(database, sql: oldestOpen).map {
            OpenTransaction(age: .milliseconds($0[0]), owner: $0[1])
        }
        return report
    }
}

extension PostgreSQLPlace {
    /// What stands between this process and the server; nil: nothing, or nobody answers. It blocks.
    fileprivate func pooler() -> String? {
        // A server that does not answer is told of by the report itself; a console may be closed to this user.
        guard let (raw, peer) = try? connectToPrimary() else { return nil }
        PQfinish(raw)
        guard !peer.isDirect else { return nil }
        guard let console = try? console().connect() else { return "" }
        defer { PQfinish(console) }
        let answer = PostgreSQLWaiting.ask(console, "SHOW VERSION", silence: silence)
        return answer?.bytes(0, 0).map { String(decoding: $0, as: UTF8.self) } ?? ""
    }
}
