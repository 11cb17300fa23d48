import Foundation
import RecordStore
import TestSupport
import Testing

@testable import JobRunner
@testable import Operations
@testable import RecordStore

@Suite("The progress of a run")
struct ProgressDisplayTests {
    /// What is printed where standard error is a file.
    private static func printed(_ body: (Console) throws -> Void) throws -> [Substring] {
        let path = FileManager.default.temporaryDirectory.appending(path: "progress-\(UUID().uuidString)").path
        let descriptor = open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0o600)
        defer {
            close(descriptor)
            try? FileManager.default.removeItem(atPath: path)
        }
        try body(Console(outputTo: descriptor, errorsTo: descriptor))
        return try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n")
    }

    /// A batch of a thousand lines, whose failed and doubted ones are about to be sent again.
    private static func batch() -> Batch {
        var counts = BatchCounts()
        (counts.total, counts.succeeded, counts.queued) = (1_000, 900, 60)
        (counts.failed, counts.inDoubt, counts.retries) = (30, 10, 7)
        return BatchOutlookTests.batch(.running, counts)
    }

    @Test("A re-run's counts are added to what the batch had before, from its first line to its last")
    func rerun() throws {
        let batch = Self.batch()
        let first = try Self.printed { console in
            let display = ProgressDisplay(batch: batch, sending: 60, cost: nil, console: console)
            var progress = RunnerProgress()
            (progress.succeeded, progress.failed, progress.inDoubt, progress.retries) = (20, 2, 1, 3)
            display.take(.progress(progress))
        }
        #expect(first == ["day-1: 963/1,000 (96%), 10 retries, 32 failed, 11 in doubt"])
        let last = try Self.printed { console in
            let display = ProgressDisplay(batch: batch, sending: 60, cost: nil, console: console)
            var counts = batch.counts
            (counts.queued, counts.succeeded, counts.failed, counts.inDoubt, counts.retries) = (0, 950, 35, 15, 12)
            display.finish(counts)
        }
        #expect(last == ["day-1: 1,000/1,000 (100%), 12 retries, 35 failed, 15 in doubt"])
    }

    @Test("What can be read now is in doubt no more")
    func keptAnswers() throws {
        let lines = try Self.printed { console in
            let display = ProgressDisplay(batch: Self.batch(), sending: 60, cost: nil, console: console)
            display.take(.keptAnswersRead(count: 4))
            display.take(.progress(RunnerProgress()))
        }
        #expect(lines.last == "day-1: 940/1,000 (94%), 7 retries, 30 failed, 6 in doubt")
    }

    @Test("Quiet, what only says how far things are is left out, and other messages stay")
    func quiet() throws {
        let lines = try Self.printed { console in
            console.quiet.progressNote("day-1: taking in day.csv")
            console.quiet.note("day-1: paused")
            console.progressNote("day-2: taking in day.csv")
        }
        #expect(lines == ["day-1: paused", "day-2: taking in day.csv"])
    }
}
