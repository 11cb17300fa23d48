import Basics
package import RecordStore

/// What the calls of all runs came to since this process began, for metrics.
package final class CallMeter: Sendable {
    /// What was counted so far.
    package struct Reading: Sendable, Equatable {
        /// Attempts by their outcome.
        package var outcomes: [AttemptOutcome: Int] = [:]
        /// Attempts after which the record was queued again.
        package var retries = 0
        /// Calls that took at most as long as the bound of the same place in ``CallMeter/bounds`` and longer than the
        /// one before; at the end those that took longer than all.
        package var durations = [Int](repeating: 0, count: CallMeter.bounds.count + 1)
        /// How long all calls took together.
        package var total = Duration.zero
    }

    /// The bounds of what is told apart of a call's duration: from what is good to the usual limit of a request.
    package static let bounds: [Duration] = [50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000, 30_000].map {
        .milliseconds($0)
    }

    private let state = Lock(Reading())

    /// What was counted so far.
    package var reading: Reading { state.withLock { $0 } }

    /// Counts an attempt that has ended.
    ///
    /// - Parameters:
    ///   - outcome: What it came to.
    ///   - isRetried: Whether its record is queued again.
    ///   - duration: From handing the request over until the call ended.
    func take(_ outcome: Outcome, isRetried: Bool, duration: Duration) {
        state.withLock { reading in
            reading.outcomes[outcome.kind, default: 0] += 1
            if isRetried { reading.retries += 1 }
            // What never left took no time of the API's.
            guard outcome.countsAsCall else { return }
            let place = Self.bounds.firstIndex { duration <= $0 } ?? Self.bounds.count
            reading.durations[place] += 1
            reading.total += duration
        }
    }
}
