import GRDB

/// Reads a stretch of a batch's records with what came of them.
struct RecordQuery {
    let range: ClosedRange<Int64>
    let statuses: Set<RecordStatus>?
    let limit: Int

    private var sql: String {
        let codes = statuses.map { $0.map { String($0.code) }.sorted().joined(separator: ", ") }
        // A record that waits or was cancelled shows nothing of an earlier run.
        return """
            SELECT id, status, attempts, held, http_status, reason_code, correlation_id, request_ref_id, submitted_at,
              completed_at, flagged, payload, detail, answer
            FROM records LEFT JOIN results ON record_id = id AND status NOT IN (0, 1, 7)
            WHERE id BETWEEN ?1 AND ?2 \(codes.map { "AND status IN (\($0))" } ?? "") ORDER BY id LIMIT ?3
            """
    }

    /// The records, with the key that opens them.
    func fetch(_ database: Database, _ key: DataKey) throws -> [RecordView] {
        let statement = HotStatement(try database.cachedStatement(sql: sql), database)
        statement.bind(range.lowerBound, at: 1)
        statement.bind(range.upperBound, at: 2)
        statement.bind(Int64(limit), at: 3)
        defer { statement.reset() }
        var views: [RecordView] = []
        while try statement.step() { views.append(try RecordView(statement, key)) }
        return views
    }
}

extension RecordView {
    fileprivate init(_ row: HotStatement, _ key: DataKey) throws {
        self.init(
            record: RecordID(rawValue: row.integer(0)), status: try RecordStatus(code: row.integer(1)),
            attempts: Int(row.integer(2)), isHeld: row.integer(3) == 1,
            httpStatus: row.optionalInteger(4).map(Int.init), reasonCode: row.text(5), correlationID: row.text(6),
            requestRefID: row.text(7), submittedAt: row.optionalInteger(8), completedAt: row.optionalInteger(9),
            hasWarnings: row.integer(10) == 1, sealedPayload: row.bytes(11), sealedDetail: row.optionalBytes(12),
            sealedAnswer: row.optionalBytes(13), key: key)
    }
}
