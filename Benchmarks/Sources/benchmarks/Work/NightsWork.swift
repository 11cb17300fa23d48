import ArgumentParser
import Basics
import Foundation
import RecordStore

/// Some nights' work on a database, what the case `storage` repeats: each night a file is taken in, claimed and finished,
/// batches of more than two nights ago are put away, and those of more than ten are erased with their ledger.
struct NightsWork: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "work-nights", shouldDisplay: false)
    /// Nights whose batches lie in the working tables, and whose are kept at all.
    private static let (working, kept) = (2, 10)
    private static let day = Duration.seconds(86_400)
    /// 15 January 2026, so that the month turns after half a month of nights.
    private static let firstNight = WallTime(milliseconds: 1_768_435_200_000)

    @Option var folder: String
    @Option var database: String
    /// The first of them, counted from 0.
    @Option var from: Int
    @Option var nights: Int
    /// Records of a night's file.
    @Option var count: Int

    func run() async throws {
        let store = try await WorkStore.open(in: folder, at: database)
        var seconds = 0.0
        for night in from..<from + nights {
            let input = "\(folder)/accounts.csv"
            // Two nights' files are never the same.
            try SampleAccounts.write(count + night, to: input)
            let batch = try await WorkStore.takeIn(input, into: store, at: Self.firstNight + Self.day * night)
            var claims = ClaimLoop(store: store, batch: batch.id)
            let start = ContinuousClock.now
            try await claims.finish(count + night, inGroupsOf: ClaimWork.group)
            seconds += (ContinuousClock.now - start) / .seconds(1)
            try await end(batch.id, in: store)
            try await clear(store)
        }
        try await store.close()
        let records = (from..<from + nights).reduce(0) { $0 + count + $1 }
        let milliseconds = seconds * 1e3 / Double(records)
        try WorkReport(records: records, values: ["milliseconds": milliseconds]).print()
    }

    private func end(_ batch: BatchID, in store: RecordStore) async throws {
        guard try await store.moveBatch(batch, from: [.running], to: .completed, reason: nil) else {
            throw BenchmarkError("batch \(batch) could not be completed")
        }
        try await store.markResultsWritten(batch, finishedAt: try await store.batch(batch).finishedAt)
    }

    private func clear(_ store: RecordStore) async throws {
        let batches = try await store.batches()
        if let youngest = batches.dropLast(Self.working).last?.finishedAt {
            while try await store.archive(finishedBefore: youngest + .milliseconds(1)) > 0 {}
        }
        for batch in batches.dropLast(Self.kept) where batch.purged.ledger == nil {
            let action = Action(
                at: .now(), batch: batch.id, name: .purge, detail: nil, provenance: WorkStore.provenance)
            guard try await store.purge(batch.id, .ledger, at: .now(), noting: action) else {
                throw BenchmarkError("batch \(batch.name) could not be erased")
            }
        }
    }
}
