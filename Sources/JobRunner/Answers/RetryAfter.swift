import Basics

/// How long the answering side tells every caller to wait, from the arrival of its answer (RFC 9110 §10.2.3).
///
/// `RetryAfterField` in `IdentityInsightsClient` reads it from an answer's header. `TrafficState.close(_:at:)` honours it:
/// limiter and gate make no call until it has passed, in any batch.
package struct RetryAfter: Sendable, Equatable, Comparable {
    /// Whole seconds, at least 0.
    package let seconds: Int

    /// A wait of so many seconds; less than 0 is none.
    package static func seconds(_ seconds: Int) -> RetryAfter { RetryAfter(seconds: max(0, seconds)) }

    /// The shorter of two.
    package static func < (left: RetryAfter, right: RetryAfter) -> Bool { left.seconds < right.seconds }

    /// The end of the wait, held at the distant future.
    func end(from now: WallTime) -> WallTime { now + .seconds(seconds) }
}
