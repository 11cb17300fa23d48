import Basics
import RecordStore
import Testing

@testable import JobRunner

@Suite struct ProgressReporterTests {
    private static let start = MonotonicTime(nanoseconds: 1_000_000_000)

    @Test(arguments: [(199, false), (200, true), (5_000, true)])
    func progressIsReportedFiveTimesASecondAtMost(milliseconds: Int, isDue: Bool) {
        var reporter = ProgressReporter(startedAt: Self.start)
        let found = reporter.isDue(at: Self.start + .milliseconds(milliseconds))
        #expect(found == isDue)
    }

    @Test func theNextReportIsDueAnIntervalAfterTheLast() {
        var reporter = ProgressReporter(startedAt: Self.start)
        let first = Self.start + .milliseconds(300)
        let found = [0, 199, 200].map { reporter.isDue(at: first + .milliseconds($0)) }
        #expect(found == [true, false, true])
    }

    /// Whether a report is due before a wait that may be long, where a call has ended, or none has, since the last.
    @Test(
        arguments: [(true, nil, true), (true, 200, true), (true, 199, false), (false, nil, false)]
            as [(Bool, Int?, Bool)])
    func whatWouldStayUnsaidIsReportedBeforeAWait(hasEnded: Bool, wait: Int?, isDue: Bool) {
        var reporter = ProgressReporter(startedAt: Self.start)
        if hasEnded { reporter.count(.succeeded) }
        let deadline = wait.map { Self.start + .milliseconds($0) }
        let found = (0..<2).map { _ in reporter.isDue(beforeWaitUntil: deadline, at: Self.start) }
        #expect(found == [isDue, false])
    }

    @Test func eachEndIsCountedOnceUnderItsOutcome() {
        var reporter = ProgressReporter(startedAt: Self.start)
        for next in [NextStep.succeeded, .succeeded, .failed, .inDoubt, .release] { reporter.count(next) }
        let progress = reporter.progress(at: Self.start + .seconds(2), underWay: 4, allowedRate: 2.5)
        #expect(progress.calls == 5 && progress.succeeded == 2 && progress.failed == 1)
        #expect(progress.inDoubt == 1 && progress.retries == 1)
        #expect(progress.elapsed == .seconds(2) && progress.underWay == 4 && progress.allowedRate == 2.5)
    }
}
