internal import RecordStore

/// Counts a run's calls and says when it is time to tell.
struct ProgressReporter: Sendable {
    private static let interval: Int64 = 200_000_000

    var progress = RunnerProgress()
    private let startedAt: Int64
    private var reportedAt: Int64

    /// Starts at a monotonic time in nanoseconds.
    init(startedAt: Int64) {
        self.startedAt = startedAt
        reportedAt = startedAt
    }

    /// Counts one ended call.
    mutating func count(_ next: NextStep) {
        progress.calls += 1
        switch next {
        case .succeeded: progress.succeeded += 1
        case .failed: progress.failed += 1
        case .inDoubt: progress.inDoubt += 1
        case .retry, .last, .release: progress.retries += 1
        }
    }

    /// Whether it is time to tell again, at a monotonic time.
    mutating func isDue(at now: Int64) -> Bool {
        guard now - reportedAt >= Self.interval else { return false }
        reportedAt = now
        return true
    }

    /// The progress at a monotonic time.
    func progress(at now: Int64, underWay: Int, allowedRate: Double) -> RunnerProgress {
        var progress = progress
        progress.elapsed = .nanoseconds(now - startedAt)
        progress.underWay = underWay
        progress.allowedRate = allowedRate
        return progress
    }
}
