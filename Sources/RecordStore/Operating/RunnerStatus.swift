package import Basics

/// What a runner reports about itself to other processes.
package struct RunnerStatus: Sendable, Equatable {
    /// Whether calls may be made.
    package enum Gate: Sendable, Equatable {
        /// Calls are made.
        case open
        /// Only probes are sent, the next one at the given time; nil while one is under way.
        case closed(reason: String?, since: WallTime, nextProbeAt: WallTime?, probes: Int)
        /// No calls until somebody has fixed the cause.
        case halted(reason: String?, since: WallTime)
    }

    /// Its process id.
    package var process: Int32
    /// Its machine.
    package var host: String
    package var version: String
    /// Whether it keeps running when its batches are done.
    package var isDaemon: Bool
    /// How many jobs it knows.
    package var jobs: Int
    /// When it started.
    package var startedAt: WallTime
    /// When it last read its settings and jobs.
    package var loadedAt: WallTime
    /// When this status was true.
    package var updatedAt: WallTime
    /// Whether calls may be made.
    package var gate: Gate
    /// Calls a second that are allowed at the moment.
    package var allowedRate: Double
    /// Until when a `Retry-After` forbids any call.
    package var closedUntil: WallTime?
    /// The batch it works on; nil for a daemon, which works on every batch that may run.
    package var batch: BatchID?
    /// Records finished per second over the recent past, of each batch of which that was measured.
    package var rates: [BatchID: Double]

    /// Describes a runner.
    package init(
        process: Int32, host: String, version: String, isDaemon: Bool, jobs: Int = 0, startedAt: WallTime,
        loadedAt: WallTime, updatedAt: WallTime, gate: Gate = .open, allowedRate: Double, closedUntil: WallTime? = nil,
        batch: BatchID? = nil, rates: [BatchID: Double] = [:]
    ) {
        self.process = process
        self.host = host
        self.version = version
        self.isDaemon = isDaemon
        self.jobs = jobs
        self.startedAt = startedAt
        self.loadedAt = loadedAt
        self.updatedAt = updatedAt
        self.gate = gate
        self.allowedRate = allowedRate
        self.closedUntil = closedUntil
        self.batch = batch
        self.rates = rates
    }
}

extension RunnerStatus {
    private static let columns = """
        pid, host, version, is_daemon, jobs, started_at, loaded_at, updated_at, allowed_rate, closed_until,
        gate, reason, since, next_probe_at, probes, batch_id, rates
        """
    private static let renewal = columns.split { $0 == "," || $0.isWhitespace }
        .map { "\($0) = excluded.\($0)" }.joined(separator: ", ")

    /// Reads the row; nil when no runner has reported yet.
    static func fetch(_ database: StoreConnection, _ number: Int64) throws -> RunnerStatus? {
        let sql = "SELECT \(columns) FROM runner WHERE only_row = ?"
        return try StoredRow.fetchOne(database, sql: sql, arguments: [number]).map { row in
            RunnerStatus(
                process: row[0], host: row[1], version: row[2], isDaemon: row[3], jobs: row[4], startedAt: row[5],
                loadedAt: row[6], updatedAt: row[7], gate: Gate(row), allowedRate: row[8], closedUntil: row[9],
                batch: (row[15] as Int64?).map(BatchID.init(rawValue:)), rates: ReportedRates(text: row[16]).perSecond)
        }
    }

    /// Writes the row, replacing the previous one.
    func save(_ database: StoreConnection, _ number: Int64) throws {
        let (word, reason, since, nextProbeAt, probes) = gate.columns
        try database.execute(
            sql: """
                INSERT INTO runner (only_row, \(Self.columns))
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                ON CONFLICT (only_row) DO UPDATE SET \(Self.renewal)
                """,
            arguments: [
                number, process, host, version, isDaemon, jobs, startedAt, loadedAt, updatedAt, allowedRate,
                closedUntil,
                word, reason, since, nextProbeAt, probes, batch?.rawValue, ReportedRates(perSecond: rates).text,
            ])
    }
}

extension RunnerStatus.Gate {
    fileprivate init(_ row: StoredRow) {
        switch row[10] as String {
        case "closed": self = .closed(reason: row[11], since: row[12], nextProbeAt: row[13], probes: row[14])
        case "halted": self = .halted(reason: row[11], since: row[12])
        default: self = .open
        }
    }

    fileprivate var columns: (word: String, reason: String?, since: WallTime?, nextProbeAt: WallTime?, probes: Int) {
        switch self {
        case .open: ("open", nil, nil, nil, 0)
        case .closed(let reason, let since, let nextProbeAt, let probes):
            ("closed", reason, since, nextProbeAt, probes)
        case .halted(let reason, let since): ("halted", reason, since, nil, 0)
        }
    }
}

/// The rates of a runner's batches as one text: `12=11.8 14=0.5`, a batch's number and its rate.
struct ReportedRates: Equatable {
    let perSecond: [BatchID: Double]

    init(perSecond: [BatchID: Double]) { self.perSecond = perSecond }

    /// Takes what `text` wrote; nothing where there is none, and what is no rate is passed over.
    init(text: String?) {
        let pairs = (text ?? "").split(separator: " ").compactMap { part -> (BatchID, Double)? in
            let halves = part.split(separator: "=")
            guard halves.count == 2, let number = Int64(halves[0]), let rate = Double(halves[1]), rate >= 0 else {
                return nil
            }
            return (BatchID(rawValue: number), rate)
        }
        perSecond = Dictionary(pairs) { $1 }
    }

    /// Nil where there is none.
    var text: String? {
        let parts = perSecond.sorted { $0.key.rawValue < $1.key.rawValue }.map { "\($0.key.rawValue)=\($0.value)" }
        return parts.isEmpty ? nil : parts.joined(separator: " ")
    }
}

extension RecordStore {
    /// What the runners last reported of their batches' rates, of all nodes: of each the time and the rates.
    ///
    /// - Returns: Records finished per second, by batch; of reports from a time or later alone.
    /// - Throws: ``StoreError`` when the database can't be read.
    package func measuredRates(since: WallTime) async throws -> [BatchID: Double] {
        try await read { database in
            let texts = try String.fetchAll(
                database, sql: "SELECT rates FROM runner WHERE rates IS NOT NULL AND updated_at >= ?",
                arguments: [since])
            return texts.reduce(into: [:]) { $0.merge(ReportedRates(text: $1).perSecond) { $1 } }
        }
    }

    /// The runner's last report, although the runner may have ended since: see ``runnerProcess(ofDatabase:)``. Nil
    /// before the first report.
    ///
    /// - Throws: ``StoreError`` when the database can't be read.
    package func runnerStatus() async throws -> RunnerStatus? {
        try await read { [runnerName] database in
            try Self.runnerNumber(runnerName, database).flatMap { try RunnerStatus.fetch(database, $0) }
        }
    }

    /// How long a change of a runner's status may wait to be reported, so that several are reported together: where several
    /// runners share the database, all heed what one says of its gate.
    package var statusInterval: Duration { isAtServer ? .milliseconds(100) : .seconds(1) }

    /// Reports the runner's status, replacing the previous report. Each call commits: once in ``statusInterval`` is enough.
    ///
    /// - Throws: ``StoreError`` when it can't be written, or this store doesn't run batches.
    package func saveRunnerStatus(_ status: RunnerStatus) async throws {
        try requireRunning()
        try await write { try status.save($0.database, $0.node?.number ?? Self.onlyRunner) }
    }
}

extension RecordStore {
    /// The number of the only runner that a database can have which is a file.
    static let onlyRunner: Int64 = 1

    /// The number under which a runner reports: the only one's, or that of the node of that name.
    static func runnerNumber(_ node: String?, _ database: StoreConnection) throws -> Int64? {
        guard let node else { return onlyRunner }
        return try Int64.fetchOne(database, sql: "SELECT id FROM nodes WHERE name = ?", arguments: [node])
    }
}
