import Foundation
import GRDB

extension RecordStore {
    /// Gives records in doubt the answers that can be read now; a record that is in doubt no more is left as it is.
    ///
    /// - Parameter answers: The answers, decrypted.
    /// - Returns: How many records have succeeded by it.
    /// - Throws: ``StoreError`` when state could not be written; nothing is then kept.
    public func accept(_ answers: [RecoveredAnswer]) async throws -> Int {
        let sealed = try answers.map { try SealedRecovery($0, key: dataKey(of: $0.record.batch)) }
        return try await write { connection in
            let accepted = try sealed.filter(connection.accept)
            // Whoever writes the results anew may not live to do so.
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
    let hasWarnings: Bool

    init(_ recovered: RecoveredAnswer, key: DataKey) throws {
        record = recovered.record
        let number = recovered.record.rawValue
        answer = Data(try key.seal(recovered.answer, record: number, column: .answer))
        detail = try recovered.warning.map {
            Data(try key.seal(Array($0.utf8), record: number, column: .detail))
        }
        requestRefID = PlainToken.only(recovered.requestRefID)
        hasWarnings = recovered.hasWarnings
    }
}

extension WriterConnection {
    /// Puts the answer where other batches find it, where the batch itself looks there.
    private func keepAnswer(of record: RecordID) throws {
        guard try firstInteger(finishes.keepsAnswers, record.batch.rawValue) == 1 else { return }
        try finishes.keepAnswer.run(record.rawValue)
        if finishes.keepAnswer.changes == 1 { try finishes.countAnswers.run(record.batch.rawValue, 1) }
    }

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
        try add(counts, to: recovered.record.batch)
        try keepAnswer(of: recovered.record)
        return true
    }
}
