import Foundation
import GRDB

extension RecordStore {
    /// Gives records in doubt the answers that can be read now; a record that is in doubt no more is left as it is.
    ///
    /// - Parameter answers: The answers, decrypted.
    /// - Returns: How many records have succeeded by it.
    /// - Throws: ``StoreError`` when state could not be written; nothing is then kept.
    public func accept(_ answers: [RecoveredAnswer]) async throws -> Int {
        let sealed = try answers.map { answer in
            let key = try dataKey(of: answer.record.batch)
            return (answer, try key.seal(answer.answer, record: answer.record.rawValue, column: .answer))
        }
        return try await write { connection in
            try sealed.reduce(0) { count, each in
                try connection.accept(each.0, sealed: each.1) ? count + 1 : count
            }
        }
    }
}

extension WriterConnection {
    fileprivate func accept(_ answer: RecoveredAnswer, sealed: [UInt8]) throws -> Bool {
        let record = answer.record.rawValue
        try database.execute(
            sql: "UPDATE records SET status = ?, held = 0 WHERE id = ? AND status = ?",
            arguments: [RecordStatus.succeeded.code, record, RecordStatus.inDoubt.code])
        guard database.changesCount == 1 else { return false }
        try database.execute(
            sql: "UPDATE results SET request_ref_id = ?, flagged = ?, detail = NULL, answer = ? WHERE record_id = ?",
            arguments: [PlainToken.only(answer.requestRefID), answer.hasWarnings, Data(sealed), record])
        var counts = BatchCounts()
        counts.move(from: .inDoubt, to: .succeeded)
        try add(counts, to: answer.record.batch)
        return true
    }
}
