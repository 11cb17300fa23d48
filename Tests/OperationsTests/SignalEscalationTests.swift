import Basics
import TestSupport
import Testing

@testable import Operations

@Suite("What signals to end ask for")
struct SignalEscalationTests {
    private static let second: MonotonicTime = 1_000_000_000

    @Test(
        "A second counts only a second or more after the first",
        arguments: [
            ([0], [.drain]),
            // timeout(1): the process, then its group.
            ([0, 0], [.drain, .repetition]),
            ([5 * second, 5 * second + 300_000], [.drain, .repetition]),
            ([0, second - 1], [.drain, .repetition]),
            ([0, second], [.drain, .abandon]),
            ([0, 10, second], [.drain, .repetition, .abandon]),
            // Whoever keeps pressing is heard a second after the first, not after the last.
            ([0, 500_000_000, second - 1, second + 250_000_000], [.drain, .repetition, .repetition, .abandon]),
            ([0, second, second + 1], [.drain, .abandon, .abandon]),
        ] as [([MonotonicTime], [SignalEscalation.Request])])
    func requests(times: [MonotonicTime], requests: [SignalEscalation.Request]) {
        var escalation = SignalEscalation()
        #expect(times.map { escalation.request(at: $0) } == requests)
    }
}
