import JobRunner
import RecordStore
import Testing

@testable import Operations
@testable import Settings

/// Swift Testing has an `ExitStatus` too.
typealias Status = Operations.ExitStatus

@Suite("Exit codes")
struct ExitStatusPolicyTests {
    private static func counts(
        succeeded: Int = 0, reused: Int = 0, failed: Int = 0, invalid: Int = 0, inDoubt: Int = 0, queued: Int = 0,
        cancelled: Int = 0
    ) -> BatchCounts {
        var counts = BatchCounts()
        counts.succeeded = succeeded
        counts.reused = reused
        counts.failed = failed
        counts.invalid = invalid
        counts.inDoubt = inDoubt
        counts.queued = queued
        counts.cancelled = cancelled
        counts.total = succeeded + reused + failed + invalid + inDoubt + queued + cancelled
        return counts
    }

    private static let nothing = JobDefinition.Accept(failed: .nothing, invalid: .nothing)

    static let table: [(counts: BatchCounts, status: Status)] = [
        (counts(), .succeeded),
        (counts(succeeded: 3), .succeeded),
        (counts(succeeded: 2, reused: 1), .succeeded),
        (counts(succeeded: 2, failed: 1), .finishedWithFailures),
        (counts(succeeded: 2, invalid: 1), .finishedWithFailures),
        (counts(succeeded: 2, cancelled: 1), .finishedWithFailures),
        (counts(succeeded: 2, inDoubt: 1), .finishedInDoubt),
        (counts(failed: 2, invalid: 1, inDoubt: 1), .finishedInDoubt),
        (counts(succeeded: 2, inDoubt: 1, queued: 1), .unfinished),
    ]

    @Test("What a batch holds decides how the process ends", arguments: table)
    func status(counts: BatchCounts, status: Status) {
        #expect(ExitStatusPolicy.status(of: counts, accepting: Self.nothing) == status)
    }

    @Test(
        "Failed and invalid lines within the job's shares are a success",
        arguments: [
            (1, 0, 1, 0, .succeeded), (2, 0, 1, 100, .finishedWithFailures), (0, 5, 0, 5, .succeeded),
            (0, 6, 100, 5, .finishedWithFailures), (3, 4, 3, 4, .succeeded), (100, 0, 100, 0, .succeeded),
            (29, 57, 29, 57, .succeeded), (29, 58, 29, 57, .finishedWithFailures),
        ] as [(Int, Int, Int, Int, Status)])
    func accepted(failed: Int, invalid: Int, mayFail: Int, mayBeInvalid: Int, status: Status) {
        let counts = Self.counts(succeeded: 100 - failed - invalid, failed: failed, invalid: invalid)
        let accept = JobDefinition.Accept(
            failed: Share(percent: mayFail), invalid: Share(percent: mayBeInvalid))
        #expect(ExitStatusPolicy.status(of: counts, accepting: accept) == status)
        let doubted = Self.counts(succeeded: 99 - failed - invalid, failed: failed, invalid: invalid, inDoubt: 1)
        #expect(failed == 100 || ExitStatusPolicy.status(of: doubted, accepting: accept) == .finishedInDoubt)
    }

    @Test(
        "Of several batches the gravest speaks",
        arguments: [
            ([.succeeded, .succeeded], .succeeded), ([.succeeded, .finishedWithFailures], .finishedWithFailures),
            ([.finishedWithFailures, .finishedInDoubt], .finishedInDoubt),
            ([.finishedInDoubt, .unfinished], .unfinished), ([], .succeeded),
        ] as [([Status], Status)])
    func combined(statuses: [Status], whole: Status) {
        #expect(Status.combined(statuses) == whole)
    }
}
