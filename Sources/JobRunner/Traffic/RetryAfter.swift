import Basics
import RecordStore

/// How long the answering side tells every caller to wait, from the arrival of its answer (RFC 9110 §10.2.3).
///
/// `RetryAfterField` in `IdentityInsightsClient` reads it from an answer's header.
package struct RetryAfter: Sendable, Equatable, Comparable {
    /// Whole seconds, at least 0.
    package let seconds: Int

    /// A wait of so many seconds; less than 0 is none.
    package static func seconds(_ seconds: Int) -> RetryAfter { RetryAfter(seconds: max(0, seconds)) }

    /// The shorter of two.
    package static func < (left: RetryAfter, right: RetryAfter) -> Bool { left.seconds < right.seconds }

    /// The end of the wait, at most the distant future.
    func end(from now: WallTime) -> WallTime { now + .seconds(seconds) }
}

/// What a `Retry-After` (RFC 9110 §10.2.3) means for all calls to the endpoint: none is made before its end, in any
/// batch, also after a restart.
extension TrafficState {
    /// A longer wait than this is a halt.
    static let longestWait: Duration = .seconds(86_400)
    /// Why no calls are made meanwhile.
    static let waitReason = "The API asks every caller to wait (Retry-After)"

    /// Until when everyone waits.
    var closedUntil: MonotonicTime { limiter.closedUntil }

    /// Makes everyone wait, from the arrival of the answer that asks for it; halts where that is too long.
    ///
    /// - Returns: What is worth reporting; nil where the wait is over already, or a halt.
    mutating func close(_ retryAfter: RetryAfter, at instant: Instant) -> RunnerEvent? {
        let end = retryAfter.end(from: instant.wall)
        guard end > instant.wall else { return nil }
        guard end - instant.wall <= Self.longestWait else {
            gate.halt(.longWait(until: end, longest: Self.longestWait), at: instant.monotonic)
            return nil
        }
        closings += 1
        let reopening = instant.monotonic(atWall: end)
        limiter.close(until: reopening)
        gate.wait(until: reopening)
        overload.wait(until: reopening)
        return .waitRequested(reason: Self.waitReason, until: end)
    }

    /// How long a wait that an earlier process remembered still lasts: no longer than was left when it was saved, if the
    /// clock was set back since.
    func rememberedWait(_ state: LimiterState, at instant: Instant) -> Duration {
        guard let end = state.closedUntil else { return .zero }
        let left = min(end - instant.wall, end - state.savedAt)
        return min(max(.zero, left), Self.longestWait)
    }
}
