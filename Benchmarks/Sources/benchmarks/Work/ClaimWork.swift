import ArgumentParser
import Basics
import Foundation
import RecordStore

/// Claims and finishes records of a database, and measures that part alone: the child of the case `claim`.
struct ClaimWork: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "work-claim", shouldDisplay: false)
    /// As many as a run's default concurrency, `limits.concurrency`.
    static let group = 32
    /// Records claimed before the measurement, so that statements are prepared and caches warm.
    static let warmUp = 1_024

    @Option var folder: String
    @Option var count: Int
    /// A database on PostgreSQL; absent: SQLite's in the folder.
    @Option var database: String?
    /// Which of several runners this is; it works on the batch of that place.
    @Option var node = 0

    func run() async throws {
        let store = try await WorkStore.open(in: folder, at: database, as: "n\(node)")
        let batches = try await store.batches()
        guard batches.indices.contains(node) else { throw BenchmarkError("\(folder): holds too few batches") }
        var claims = ClaimLoop(store: store, batch: batches[node].id)
        try await claims.finish(Self.warmUp, inGroupsOf: Self.group)
        let (start, startCPU, trips) = (ContinuousClock.now, CPUTime.now(), try await store.roundTrips())
        try await claims.finish(count, inGroupsOf: Self.group)
        var values = ["cpu": CPUTime.now() - startCPU, "wall": (ContinuousClock.now - start) / .seconds(1)]
        if let trips, let now = try await store.roundTrips() { values["trips"] = Double(now - trips) }
        try await store.close()
        try WorkReport(records: count, values: values).print()
    }
}

/// Makes a database with records that wait, and others that are finished: what the case `claim` starts from.
struct FillWork: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "work-fill", shouldDisplay: false)
    /// Larger than a run's, to be done sooner; the database comes out the same.
    private static let group = 512

    @Option var folder: String
    @Option var finished: Int
    @Option var waiting: Int
    /// A database on PostgreSQL; absent: SQLite's in the folder.
    @Option var database: String?
    /// Which of several runners this is; its batch differs from those of others by a record more.
    @Option var node = 0

    func run() async throws {
        let store = try await WorkStore.open(in: folder, at: database, as: "n\(node)")
        let input = "\(folder)/accounts.csv"
        try SampleAccounts.write(finished + waiting + node, to: input)
        let batch = try await WorkStore.takeIn(input, into: store)
        var claims = ClaimLoop(store: store, batch: batch.id)
        try await claims.finish(finished, inGroupsOf: Self.group)
        try await store.close()
        try WorkReport(records: finished + waiting).print()
    }
}

/// Claims records in groups, one group after the other, and finishes each with an answer in the transaction that claims the
/// next one, as a run does.
struct ClaimLoop {
    let store: RecordStore
    let batch: BatchID

    /// Claims and finishes exactly so many records.
    mutating func finish(_ count: Int, inGroupsOf group: Int) async throws {
        var (left, ended) = (count, [Completion]())
        while left > 0 {
            let claim = try await store.claim(batch, upTo: min(group, left), now: now, caps: caps, finishing: ended)
            guard !claim.records.isEmpty else { throw BenchmarkError("a claim brought no records") }
            ended = claim.records.map(completion)
            left -= ended.count
        }
        guard try await store.finish(ended) == ended.count else {
            throw BenchmarkError("of \(ended.count) records not all could be finished")
        }
    }

    private var now: WallTime { .now() }
    private let caps = CallCaps(daily: 1_000_000_000, batch: 1_000_000_000, day: CallDay(rawValue: 20_250_101))

    init(store: RecordStore, batch: BatchID) {
        self.store = store
        self.batch = batch
    }

    private func completion(of record: ClaimedRecord) -> Completion {
        let identifier = CannedAnswer.identifier(Int(record.attempt.rawValue))
        return Completion(
            attempt: record.attempt, record: record.id, outcome: .succeeded, httpStatus: 200,
            correlationID: identifier, requestRefID: identifier, answer: CannedAnswer.bytes,
            startedAt: now, finishedAt: now, next: .succeeded, billable: .yes)
    }
}
