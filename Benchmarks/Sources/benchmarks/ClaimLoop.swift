import Foundation
import RecordStore

/// Claims records in groups and finishes each group with an answer, one group after the other.
struct ClaimLoop {
    let store: RecordStore
    let batch: BatchID

    /// Claims and finishes exactly so many records.
    mutating func finish(_ count: Int, inGroupsOf group: Int) async throws {
        var left = count
        while left > 0 {
            let claim = try await store.claim(batch, upTo: min(group, left), now: now, caps: caps)
            let applied = try await store.finish(claim.records.map(completion))
            guard applied > 0, applied == claim.records.count else {
                throw BenchmarkError("a claim brought \(claim.records.count) records and \(applied) could be finished")
            }
            left -= applied
        }
    }

    private var now: Int64 { Int64(Date().timeIntervalSince1970 * 1_000) }
    private let caps = CallCaps(daily: 1_000_000_000, batch: 1_000_000_000, day: CallDay(rawValue: 20_250_101))

    init(store: RecordStore, batch: BatchID) {
        self.store = store
        self.batch = batch
    }

    private func completion(of record: ClaimedRecord) -> Completion {
        let identifier = CannedAnswer.identifier(Int(record.attempt.rawValue))
        return Completion(
            attempt: record.attempt, record: record.id, outcome: "succeeded", httpStatus: 200,
            correlationID: identifier, requestRefID: identifier, answer: CannedAnswer.bytes,
            startedAt: now, finishedAt: now, next: .succeeded, billable: .yes)
    }
}
