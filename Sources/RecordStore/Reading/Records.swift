import Basics

extension RecordStore {
    /// How many rows are read before they are passed on, so that no transaction is open while its body waits.
    private static let rowsAtATime = 256

    /// Passes a batch's records to `body` in input order, each once, in the status it has when it is read.
    ///
    /// Memory use does not depend on the batch's size; nothing is locked while the body runs, on a thread that may
    /// block.
    ///
    /// - Parameters:
    ///   - batch: The batch.
    ///   - statuses: Only records in these; nil: all.
    ///   - lines: Only records that start at these lines; nil: all.
    ///   - body: Called for each record.
    /// - Throws: ``StoreError``; whatever the body throws.
    package func forEachRecord(
        _ batch: BatchID, statuses: Set<RecordStatus>? = nil, lines: ClosedRange<Int>? = nil,
        _ body: (RecordView) throws -> Void
    ) async throws {
        let key = try await dataKey(of: batch)
        let range = lines.map { batch.range(of: $0) } ?? batch.records
        try await BlockingWork.run {
            var next = range.lowerBound
            while next <= range.upperBound {
                let query = RecordQuery(range: next...range.upperBound, statuses: statuses, limit: Self.rowsAtATime)
                let views = try readWaiting { try query.fetch($0, key) }
                for view in views { try body(view) }
                guard views.count == Self.rowsAtATime, let last = views.last else { return }
                next = last.record.rawValue + 1
            }
        }
    }

    /// One record; nil when the batch has none that starts at this line.
    ///
    /// - Throws: ``StoreError``.
    package func record(_ record: RecordID) async throws -> RecordView? {
        try await BlockingWork.run { try blockingReads.record(record) }
    }
}

extension BlockingReads {
    /// One record; nil when the batch has none that starts at this line.
    ///
    /// - Throws: ``StoreError``.
    package func record(_ record: RecordID) throws -> RecordView? {
        let key = try store.dataKeyWaiting(of: record.batch)
        let query = RecordQuery(range: record.rawValue...record.rawValue, statuses: nil, limit: 1)
        return try store.readWaiting { try query.fetch($0, key).first }
    }
}

/// Reads a range of a batch's records with their results.
struct RecordQuery {
    let range: ClosedRange<Int64>
    let statuses: Set<RecordStatus>?
    let limit: Int

    private func sql(_ tables: Tables) -> String {
        let codes = statuses.map { $0.map { String($0.code) }.sorted().joined(separator: ", ") }
        // A record that waits or was cancelled shows nothing of an earlier run; one that follows another shows the
        // other's result.
        let shown = "record_id = coalesce(follows, record.id) AND status NOT IN (0, 1, 7)"
        let source = tables.result("reused_from")
        let holder = tables.holder
        return """
            SELECT id, status, attempts, held, \(tables.result("http_status", "reason_code", "correlation_id")),
              \(tables.result("request_ref_id", "submitted_at", "completed_at", "flagged")), payload,
              \(tables.result("detail", "answer")), follows, \(source),
              CASE WHEN \(source) IS NOT NULL THEN (SELECT name FROM batches WHERE batches.id = \(source) >> 32) END,
              CASE WHEN status = 3 AND \(tables.isResolvedByHand) THEN 1 ELSE 0 END, \(holder),
              CASE WHEN \(holder) IS NOT NULL THEN (SELECT name FROM batches WHERE batches.id = \(holder) >> 32) END,
              \(tables.isSurelyBilled), \(tables.isRepeated), CASE WHEN status = 3 THEN \(tables.lastOutcome) END,
              CASE WHEN length(payload) = 0 THEN (SELECT forgotten_at FROM forgotten_records WHERE record_id = record.id) END
            FROM \(tables.records) AS record \(tables.joiningResults(on: shown))
            WHERE id BETWEEN ?1 AND ?2 \(codes.map { $0.isEmpty ? "AND 1 = 0" : "AND status IN (\($0))" } ?? "") ORDER BY id LIMIT ?3
            """
    }

    /// The records, with the key that opens them.
    func fetch(_ database: StoreConnection, _ key: DataKey) throws -> [RecordView] {
        let border = try ArchiveBorder(database, RecordID(rawValue: range.lowerBound).batch)
        let (archived, hot) = border.split(range)
        var views = try archived.map { try fetch(database, key, $0, limit, .archived) } ?? []
        guard let hot, views.count < limit else { return views }
        views += try fetch(database, key, hot, limit - views.count, border.isSet ? .hotBesideArchived : .hot)
        return views
    }

    private func fetch(
        _ database: StoreConnection, _ key: DataKey, _ range: ClosedRange<Int64>, _ limit: Int, _ tables: Tables
    ) throws -> [RecordView] {
        let statement = try database.cached(sql(tables))
        statement.bind(range.lowerBound, at: 1)
        statement.bind(range.upperBound, at: 2)
        statement.bind(Int64(limit), at: 3)
        defer { statement.reset() }
        var views: [RecordView] = []
        while try statement.step() { views.append(try RecordView(statement, key)) }
        return views
    }
}

extension RecordQuery {
    /// Where records and their results lie. While a batch is being archived, the result of a record that it follows may
    /// lie in the other set of tables.
    private enum Tables {
        case hot, hotBesideArchived, archived

        var records: String { self == .archived ? "archived_records" : "records" }

        func joiningResults(on condition: String) -> String {
            let both = self == .hot ? ["results"] : ["results", "archived_results"]
            return both.map { "LEFT JOIN \($0) ON \($0).\(condition)" }.joined(separator: " ")
        }

        /// Whether a failed record is one that an operator resolved from in doubt.
        var isResolvedByHand: String {
            let hot = ResolvedByHand.lastBillable(in: "attempts", of: "record")
            let archived = ResolvedByHand.lastBillable(in: "archived_attempts", of: "record")
            return ResolvedByHand.condition(
                submittedAt: result("submitted_at"), lastBillable: self == .hot ? hot : "coalesce(\(hot), \(archived))")
        }

        /// How a failed record's last attempt ended.
        var lastOutcome: String {
            func ofAttempts(in table: String) -> String {
                """
                (SELECT outcome FROM \(table) AS attempt
                WHERE attempt.record_id = coalesce(record.follows, record.id) ORDER BY attempt.id DESC LIMIT 1)
                """
            }
            let (hot, archived) = (ofAttempts(in: "attempts"), ofAttempts(in: "archived_attempts"))
            return self == .hot ? hot : "coalesce(\(hot), \(archived))"
        }

        /// The record in doubt that holds another; none is held in the archive.
        var holder: String {
            guard self != .archived else { return "CAST(NULL AS bigint)" }
            return """
                CASE WHEN record.held = 1 THEN (
                  SELECT doubted.id FROM records AS doubted INDEXED BY records_in_doubt
                  WHERE doubted.fingerprint = record.fingerprint AND doubted.status = 4 AND doubted.held = 0 LIMIT 1) END
                """
        }

        /// Whether a record in doubt was billed although its answer could not be read. That a node told late of a call that
        /// it was billed says nothing of an answer that is kept.
        var isSurelyBilled: String {
            inDoubt(
                """
                SELECT max(CASE WHEN billable = 1 AND coalesce(cause, '') NOT IN ('\(OrphanedAttempt.lostLease)', '\(OrphanedAttempt.lostByServer)')
                  THEN 1 ELSE 0 END)
                FROM attempts WHERE record_id = coalesce(follows, record.id)
                """)
        }

        /// Whether the answer kept for a record in doubt is one that came before.
        var isRepeated: String {
            inDoubt(
                """
                SELECT CASE WHEN outcome = '\(AttemptOutcome.repeated.rawValue)' THEN 1 ELSE 0 END FROM attempts
                WHERE record_id = coalesce(follows, record.id) AND outcome IN ('\(AttemptOutcome.repeated.rawValue)', '\(AttemptOutcome.undecipherable.rawValue)')
                ORDER BY attempts.id DESC LIMIT 1
                """)
        }

        /// None is in doubt in the archive.
        private func inDoubt(_ query: String) -> String {
            self == .archived ? "0" : "CASE WHEN record.status = 4 THEN (\(query)) ELSE 0 END"
        }

        func result(_ columns: String...) -> String {
            columns.map { self == .hot ? $0 : "coalesce(results.\($0), archived_results.\($0))" }.joined(
                separator: ", ")
        }
    }
}

extension RecordView {
    private static func holder(_ record: Int64?, _ batch: String?) -> RecordReference? {
        guard let record, let batch else { return nil }
        return RecordReference(record: RecordID(rawValue: record), batch: batch)
    }

    fileprivate init(_ row: PreparedStatement, _ key: DataKey) throws {
        self.init(
            record: RecordID(rawValue: row.integer(0)), status: try RecordStatus(code: row.integer(1)),
            attempts: Int(row.integer(2)), isHeld: row.integer(3) == 1,
            httpStatus: row.optionalInteger(4).map(Int.init), reasonCode: row.text(5), correlationID: row.text(6),
            requestRefID: row.text(7), submittedAt: row.optionalTime(8), completedAt: row.optionalTime(9),
            hasWarnings: row.integer(10) == 1, sealedPayload: row.bytes(11), sealedDetail: row.optionalBytes(12),
            sealedAnswer: row.optionalBytes(13), leader: row.optionalInteger(14).map(RecordID.init(rawValue:)),
            copiedFrom: row.optionalInteger(15).map(RecordID.init(rawValue:)), copiedFromBatch: row.text(16),
            isResolvedByHand: row.integer(17) == 1, holder: Self.holder(row.optionalInteger(18), row.text(19)),
            isSurelyBilled: row.integer(20) == 1, isRepeated: row.integer(21) == 1,
            failedBy: row.text(22).flatMap(AttemptOutcome.init), forgottenAt: row.optionalTime(23), key: key)
    }
}

/// How far a batch's records lie in the archived tables. Read in the same transaction as the records.
struct ArchiveBorder: Equatable, Sendable {
    /// The last archived id; nil when none is.
    let last: Int64?

    init(_ database: StoreConnection, _ batch: BatchID) throws {
        last = try Int64.fetchOne(
            database, sql: "SELECT archived_to FROM batches WHERE id = ?", arguments: [batch.rawValue])
    }

    init(last: Int64?) {
        self.last = last
    }

    /// Whether any of the batch is archived.
    var isSet: Bool { last != nil }

    /// Splits a range of ids by where its records lie.
    func split(_ range: ClosedRange<Int64>) -> (archived: ClosedRange<Int64>?, hot: ClosedRange<Int64>?) {
        guard let last, last >= range.lowerBound else { return (nil, range) }
        guard last < range.upperBound else { return (range, nil) }
        return (range.lowerBound...last, (last + 1)...range.upperBound)
    }
}

/// Failed records that an operator resolved from in doubt: their call, or that of an identical record, may have been
/// billed. Only such a failed record ends with an attempt that may have been billed, or without one at all.
enum ResolvedByHand {
    /// Whether a failed record of the hot tables, joined with its results, is one.
    static let condition = condition(
        submittedAt: "submitted_at", lastBillable: lastBillable(in: "attempts", of: "records"))

    static func condition(submittedAt: String, lastBillable: String) -> String {
        "(\(submittedAt) IS NULL OR coalesce(\(lastBillable), 0) <> 0)"
    }

    /// Whether the last attempt of a record, or of the one it follows, was billed. One in doubt counts as perhaps billed,
    /// also where it is known since then: a person has decided about it.
    static func lastBillable(in attempts: String, of record: String) -> String {
        """
        (SELECT CASE WHEN outcome = 'in_doubt' THEN 2 ELSE billable END FROM \(attempts) AS attempt
        WHERE attempt.record_id = coalesce(\(record).follows, \(record).id) ORDER BY attempt.id DESC LIMIT 1)
        """
    }
}

/// How many records an operator has to decide about, and why. Records that share the doubt of an earlier line are
/// resolved with it, and are left out.
package struct InDoubtSummary: Sendable, Equatable {
    /// In doubt and sent, or possibly sent.
    package private(set) var perhapsBilled = 0
    /// In doubt and surely billed: an answer came that could not be read, or was too large.
    package private(set) var answered = 0
    /// In doubt because the answer they got belongs to another call; perhaps billed.
    package private(set) var repeated = 0
    /// In doubt only because an identical record is: not sent, and sent only once that is resolved.
    package private(set) var held = 0
    /// The records that hold these, if they are still in doubt.
    package private(set) var holders: Set<RecordReference> = []
    /// The first of the records that hold others.
    package private(set) var firstHolder: RecordReference?
    /// Declared failed by an operator, and perhaps billed, either themselves or through the line whose doubt they
    /// shared.
    package private(set) var resolved = 0

    /// None.
    package init() {}

    /// Counts a record, if it belongs to one of these.
    package mutating func add(_ view: RecordView) {
        if view.isResolvedByHand { resolved += 1 }
        guard view.status == .inDoubt, view.sharesLine == nil else { return }
        if view.isHeld {
            addHeld(by: view.holder)
        } else if view.isRepeated {
            repeated += 1
        } else if view.isSurelyBilled {
            answered += 1
        } else {
            perhapsBilled += 1
        }
    }

    /// Counts a record that is held.
    package mutating func addHeld(by holder: RecordReference?) {
        held += 1
        guard let holder else { return }
        firstHolder = firstHolder ?? holder
        holders.insert(holder)
    }
}
