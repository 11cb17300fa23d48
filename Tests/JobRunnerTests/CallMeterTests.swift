import RecordStore
import Testing

@testable import JobRunner

@Suite("Counting calls for metrics")
struct CallMeterTests {
    private static let succeeded = outcome(.answered(status: 200, body: .answer(.init([123, 125])), retryAfter: nil))
    private static let unsent = outcome(.failed(kind: .couldNotConnect, mayHaveLeft: false))
    private static let inDoubt = outcome(.failed(kind: .timedOut, mayHaveLeft: true))

    private static func outcome(_ facts: Reply.Facts) -> Outcome {
        AnswerTable.outcome(of: Reply(facts), in: AnswerTable.Circumstances())
    }

    @Test(arguments: [
        (Duration.zero, 0), (.milliseconds(50), 0), (.milliseconds(51), 1), (.milliseconds(999), 4),
        (.seconds(1), 4), (.seconds(30), 8), (.milliseconds(30_001), 9),
    ])
    func aCallIsCountedUnderTheFirstBoundThatItKeeps(duration: Duration, place: Int) {
        let meter = CallMeter()
        meter.take(Self.succeeded, isRetried: false, duration: duration)
        var expected = [Int](repeating: 0, count: CallMeter.bounds.count + 1)
        expected[place] = 1
        #expect(meter.reading.durations == expected && meter.reading.total == duration)
    }

    @Test func whatNeverLeftTookNoTime() {
        let meter = CallMeter()
        meter.take(Self.unsent, isRetried: true, duration: .seconds(5))
        meter.take(Self.inDoubt, isRetried: false, duration: .seconds(5))
        meter.take(Self.succeeded, isRetried: false, duration: .seconds(1))
        let reading = meter.reading
        #expect(reading.outcomes == [.unsent: 1, .inDoubt: 1, .succeeded: 1] && reading.retries == 1)
        #expect(reading.durations.reduce(0, +) == 2 && reading.total == .seconds(6))
    }
}
