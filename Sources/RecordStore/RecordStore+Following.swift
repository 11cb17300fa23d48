internal import Dispatch
import GRDB

extension RecordStore {
    private static let repeatsAtATime = 5_000

    /// Finds the records of a batch whose request is the same as an earlier line's, and lets them follow it: they are
    /// answered by its call. To be called when the whole file has been read and before the ingest is finished.
    ///
    /// Exact whatever the number of lines; SQLite's sorter keeps the memory the same. Doing it again changes nothing.
    ///
    /// - Parameter batch: The batch, ingesting.
    /// - Returns: How many records repeat an earlier line.
    /// - Throws: ``StoreError``; what was linked by then stays.
    public func linkRepeats(of batch: BatchID) async throws -> Int {
        // It reads while it waits for the writing thread, perhaps for room on a full disk: not on a thread of all tasks.
        try await withCheckedThrowingContinuation { waiter in
            DispatchQueue.global().async { waiter.resume(with: Result { try self.linkAllRepeats(of: batch) }) }
        }
    }

    private func linkAllRepeats(of batch: BatchID) throws -> Int {
        var (count, displaced) = (0, 0)
        try forEachRepeat(of: batch) { repeats in
            count += repeats.count
            displaced += try writeWaiting { try $0.link(repeats, in: batch) }
        }
        if displaced > 0 {
            let (calls, key) = (displaced, try existingDataKey(of: batch))
            try writeWaiting { try $0.doubtNext(calls, of: batch, key: key) }
        }
        return count
    }

    /// Hands out the repeats in groups, each with the first line of its request.
    private func forEachRepeat(of batch: BatchID, _ body: ([RepeatedRecord]) throws -> Void) throws {
        let sql = """
            SELECT id, fingerprint, status FROM records
            WHERE id BETWEEN ?1 AND ?2 AND fingerprint IS NOT NULL ORDER BY fingerprint, id
            """
        try read { database in
            let rows = try PreparedStatement(database, sql)
            rows.bind(batch.records.lowerBound, at: 1)
            rows.bind(batch.records.upperBound, at: 2)
            defer { rows.reset() }
            var first: (id: Int64, fingerprint: [UInt8], status: RecordStatus)?
            var found: [RepeatedRecord] = []
            while try rows.step() {
                let (id, fingerprint) = (rows.integer(0), rows.bytes(1))
                let status = try RecordStatus(code: rows.integer(2))
                guard let leader = first, leader.fingerprint == fingerprint else {
                    first = (id, fingerprint, status)
                    continue
                }
                found.append(
                    RepeatedRecord(record: id, status: status, leader: leader.id, leaderStatus: leader.status))
                if found.count == Self.repeatsAtATime {
                    try body(found)
                    found.removeAll(keepingCapacity: true)
                }
            }
            if !found.isEmpty { try body(found) }
        }
    }
}
