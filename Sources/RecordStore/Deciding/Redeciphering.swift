import Basics
import Foundation

extension RecordStore {
    /// Passes to `body` a batch's records in doubt whose answer is kept, in input order.
    ///
    /// - Parameters:
    ///   - batch: The batch.
    ///   - body: Called for each; it may change records passed to it before.
    /// - Throws: ``StoreError``; whatever the body throws.
    package func forEachKeptAnswer(_ batch: BatchID, _ body: (RecordView) async throws -> Void) async throws {
        let records = batch.records
        let sql = """
            SELECT id FROM records INDEXED BY records_in_doubt CROSS JOIN results ON record_id = id
            WHERE status = 4 AND held = 0 AND id BETWEEN ? AND ? AND answer IS NOT NULL ORDER BY id
            """
        let found = try await read {
            try Int64.fetchAll($0, sql: sql, arguments: [records.lowerBound, records.upperBound])
        }
        for id in found {
            if let view = try await record(RecordID(rawValue: id)), view.hasKeptAnswer { try await body(view) }
        }
    }

    /// Gives records in doubt the answers that can be read now; a record that is no longer in doubt is left as it is.
    ///
    /// - Parameter answers: The answers, decrypted.
    /// - Returns: How many records have succeeded as a result.
    /// - Throws: ``StoreError`` when state could not be written; nothing is then kept.
    package func accept(_ answers: [RecoveredAnswer]) async throws -> Int {
        var sealed: [SealedRecovery] = []
        for answer in answers {
            sealed.append(try SealedRecovery(answer, key: await dataKey(of: answer.record.batch)))
        }
        let recovered = sealed
        return try await write { connection in
            let accepted = try recovered.filter(connection.accept)
            // The process that rewrites the results may end before it does so.
            for batch in Set(accepted.map(\.record.batch)) {
                try connection.database.execute(
                    sql: "UPDATE batches SET results_for = NULL WHERE id = ?", arguments: [batch.rawValue])
            }
            return accepted.count
        }
    }
}

/// A recovered answer whose personal parts were sealed on the caller's thread.
private struct SealedRecovery: Sendable {
    let record: RecordID
    let answer: Data
    let detail: Data?
    let requestRefID: String?
    let reference: AnswerReference?
    let hasWarnings: Bool

    init(_ recovered: RecoveredAnswer, key: DataKey) throws {
        record = recovered.record
        let number = recovered.record.rawValue
        answer = Data(try key.seal(recovered.answer, record: number, column: .answer))
        detail = try recovered.warning.map {
            Data(try key.seal(Array($0.utf8), record: number, column: .detail))
        }
        requestRefID = PlainToken.only(recovered.requestRefID)
        reference = recovered.requestRefID.map(AnswerReference.init)
        hasWarnings = recovered.hasWarnings
    }
}

extension WriterConnection {
    fileprivate func accept(_ recovered: SealedRecovery) throws -> Bool {
        let record = recovered.record.rawValue
        try database.execute(
            sql: "UPDATE records SET status = ?, held = 0 WHERE id = ? AND status = ? AND follows IS NULL",
            arguments: [RecordStatus.succeeded.code, record, RecordStatus.inDoubt.code])
        guard database.changesCount == 1 else { return false }
        try database.execute(
            sql: "UPDATE results SET request_ref_id = ?, flagged = ?, detail = ?, answer = ? WHERE record_id = ?",
            arguments: [recovered.requestRefID, recovered.hasWarnings, recovered.detail, recovered.answer, record])
        var counts = try settleFollowers(of: record, as: .succeeded) ?? BatchCounts()
        counts.move(from: .inDoubt, to: .succeeded)
        let isNew = try keepAnswer(of: recovered.record, in: batchRow(recovered.record.batch))
        try add(counts, answers: isNew ? 1 : 0, to: recovered.record.batch)
        var references: [UInt8] = []
        recovered.reference?.append(to: &references)
        try remember(references)
        return true
    }
}

/// An answer that could not be deciphered when it came and now can: it was billed then and needs no call.
package struct RecoveredAnswer: Sendable {
    /// The record, in doubt until now.
    package var record: RecordID
    /// The answer, decrypted; kept sealed.
    package var answer: [UInt8]
    /// The answer's `requestRefId`.
    package var requestRefID: String?
    /// Whether the answer brought warnings or alerts.
    package var hasWarnings: Bool
    /// A warning of our own to keep beside it; kept sealed.
    package var warning: String?

    /// Describes an answer that can be read now.
    package init(
        record: RecordID, answer: [UInt8], requestRefID: String?, hasWarnings: Bool = false, warning: String? = nil
    ) {
        self.record = record
        self.answer = answer
        self.requestRefID = requestRefID
        self.hasWarnings = hasWarnings
        self.warning = warning
    }
}

/// An answer taken from an identical record, opened.
struct KeptAnswer {
    /// The record that was called.
    let source: Int64
    let httpStatus: Int64?
    let correlationID: String?
    let requestRefID: String?
    let submittedAt: WallTime?
    let completedAt: WallTime
    let hasWarnings: Bool
    /// A warning of our own that was kept beside it.
    let detail: [UInt8]?
    let answer: [UInt8]
}
