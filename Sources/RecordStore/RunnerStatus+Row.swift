import GRDB

extension RunnerStatus {
    private static let columns = """
        pid, host, version, is_daemon, jobs, started_at, loaded_at, updated_at, allowed_rate, closed_until,
        gate, reason, since, next_probe_at, probes, batch_id
        """

    /// Reads the row; nil when no runner has said anything yet.
    static func fetch(_ database: Database) throws -> RunnerStatus? {
        try Row.fetchOne(database, sql: "SELECT \(columns) FROM runner").map { row in
            RunnerStatus(
                process: row[0], host: row[1], version: row[2], isDaemon: row[3], jobs: row[4], startedAt: row[5],
                loadedAt: row[6], updatedAt: row[7], gate: Gate(row), allowedRate: row[8], closedUntil: row[9],
                batch: (row[15] as Int64?).map(BatchID.init(rawValue:)))
        }
    }

    /// Writes the row in the place of the one before.
    func save(_ database: Database) throws {
        let (word, reason, since, nextProbeAt, probes) = gate.columns
        try database.execute(
            sql: """
                INSERT OR REPLACE INTO runner (only_row, \(Self.columns))
                VALUES (1, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                """,
            arguments: [
                process, host, version, isDaemon, jobs, startedAt, loadedAt, updatedAt, allowedRate, closedUntil,
                word, reason, since, nextProbeAt, probes, batch?.rawValue,
            ])
    }
}

extension RunnerStatus.Gate {
    fileprivate init(_ row: Row) {
        switch row[10] as String {
        case "closed": self = .closed(reason: row[11], since: row[12], nextProbeAt: row[13], probes: row[14])
        case "halted": self = .halted(reason: row[11], since: row[12])
        default: self = .open
        }
    }

    fileprivate var columns: (word: String, reason: String?, since: Int64?, nextProbeAt: Int64?, probes: Int) {
        switch self {
        case .open: ("open", nil, nil, nil, 0)
        case .closed(let reason, let since, let nextProbeAt, let probes):
            ("closed", reason, since, nextProbeAt, probes)
        case .halted(let reason, let since): ("halted", reason, since, nil, 0)
        }
    }
}
