import Ingest
import JobRunner
import RecordStore
import Settings
import TestSupport
import Testing

@testable import Operations

/// A file that is taken in beside a signal.
@Suite struct BatchIntakeTests {
    @Test("A stop ends the reading after a chunk, and the same file continues where it was")
    func stopped() async throws {
        try await EmulatedInstallation.with { installation in
            // A chunk holds 5,000 records.
            let lines = (1...6_000).map { "a\($0),user\($0)@example.com\n" }.joined()
            try installation.write("account_id,email\n" + lines, to: "people.csv")
            let stop = StopSignal()
            let place = try Installation(config: installation.config)
            let job = JobDefinition(unnamedWith: place.settings)
            let store = try await place.storeForRunning(try place.operatorProvenance())
            let intake = BatchIntake(
                store: store, job: job, provenance: try place.operatorProvenance(),
                results: BatchResults(
                    store: store, pricing: place.pricing, place: ResultsLocation(job, settings: place.settings)),
                stop: stop, console: .silent)
            func examined() throws -> ExaminedFile {
                try InputFile.open(
                    path: installation.file("people.csv"), mapping: FieldMapping(job), expecting: job.inputKind
                ).examine()
            }

            let failure = await #expect(throws: OperationFailure.self) {
                try await intake.takeIn(intake.plan(for: examined())) { _ in stop.drain() }
            }
            #expect(failure?.status == .unfinished && failure?.message.contains("stopped while taking in") == true)
            let cut = try #require(try await store.batches().first)
            #expect(cut.state == .ingesting && !cut.isIngested && cut.counts.total == 5_000)

            var continued = intake
            continued.stop = StopSignal()
            let whole = try await continued.takeIn(continued.plan(for: examined()))
            #expect(whole.id == cut.id && whole.counts.total == 6_000 && whole.counts.queued == 6_000)
            try await store.close()
        }
    }
}
