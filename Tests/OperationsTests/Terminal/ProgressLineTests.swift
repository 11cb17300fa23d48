import TestSupport
import Testing

@testable import Operations

@Suite("The line of progress")
struct ProgressLineTests {
    private static func line(_ name: String, _ change: (inout ProgressLine) -> Void) -> ProgressLine {
        var line = ProgressLine(name: name, total: 1_000, done: 400)
        line.rate = 200
        change(&line)
        return line
    }

    /// Lines, and what is shown of them in 80 and in 40 columns.
    static let table: [(line: ProgressLine, wide: String, narrow: String)] = [
        (
            line("night-1") { $0.retries = 7 },
            "night-1: [==========                ] 400/1,000 (40%), 200/s, ETA 3s, 7 retries",
            "night-1: 400/1,000, 200/s, ETA 3s"
        ),
        (
            line("night-1") { ($0.retries, $0.cost) = (0, "USD 40.00") },
            "night-1: [======         ] 400/1,000 (40%), 200/s, ETA 3s, USD 40.00, 0 retries",
            "night-1: 400/1,000, ETA 3s, USD 40.00"
        ),
        (
            line("night-1") { ($0.retries, $0.failed, $0.inDoubt) = (1, 20, 3) },
            "night-1: 400/1,000 (40%), 200/s, ETA 3s, 1 retry, 20 failed, 3 in doubt",
            "night-1: 400/1,000, ETA 3s, 20 failed"
        ),
        (
            line("night-1") { ($0.retries, $0.failed, $0.pause) = (1_000, 20, .until(1_795_459_205_000)) },
            "night-1: 400/1,000, 200/s, 20 failed, waiting until 2026-11-23 18:40:05 UTC",
            "night-1: 400/1,000, until 18:40:05 UTC"
        ),
        (
            line("night-1") { ($0.rate, $0.pause) = (nil, .until(1_795_459_205_000, because: "429")) },
            "night-1: 400/1,000 (40%), 0 retries, waiting until 2026-11-23 18:40:05 UTC: 429",
            "night-1: 400/1,000, until 18:40:05 UTC"
        ),
        (
            line("night-1") {
                $0.pause = .because("no calls since 2026-11-23 18:40:05 UTC: out of reach; 4 probes so far")
            },
            "night-1: 400/1,000, no calls since 2026-11-23 18:40:05 UTC: out of reach; 4 pr…",
            "night-1: 400/1,000, no calls since 202…"
        ),
        (
            line("accounts-of-the-northern-branches-2026-11-23-17") { $0.failed = 1 },
            "…-2026-11-23-17: 400/1,000 (40%), 200/s, ETA 3s, 0 retries, 1 failed",
            "…-23-17: 400/1,000, ETA 3s, 1 failed"
        ),
        (
            line("accounts-of-the-northern-branches-2026-11-23-17") { $0.pause = .until(1_795_459_205_000) },
            "…-2026-11-23-17: 400/1,000, 200/s, waiting until 2026-11-23 18:40:05 UTC",
            "…-23-17: 400/1,000, until 18:40:05 UTC"
        ),
    ]

    @Test("What matters least is left out until the line fits", arguments: table)
    func fitting(line: ProgressLine, wide: String, narrow: String) {
        #expect(line.text(fitting: 80).plain == wide)
        #expect(line.text(fitting: 40).plain == narrow)
    }

    @Test("It never reaches the last column, however narrow the terminal", arguments: table.map(\.line))
    func neverWraps(line: ProgressLine) {
        for columns in 2...140 { #expect(line.text(fitting: columns).count < columns, "\(columns)") }
        #expect(line.text(fitting: line.text.count + 1).plain == line.text)
    }

    @Test("Before there is a rate it tells none, and an empty batch is done")
    func beginning() {
        #expect(ProgressLine(name: "b", total: 0, done: 0).text == "b: 0/0 (100%), 0 retries")
    }

    @Test("What failed, what is in doubt and why nothing moves stand at the end, without a time to go")
    func troubled() {
        let line = Self.line("b") { ($0.failed, $0.inDoubt, $0.pause) = (2, 1, .because("waiting")) }
        #expect(line.text == "b: 400/1,000 (40%), 200/s, 0 retries, 2 failed, 1 in doubt, waiting")
    }
}

@Suite("The rate of a run")
struct RateMeterTests {
    @Test(
        "It is that of the last ten seconds, waits included",
        arguments: [
            ([], nil),
            // Too short a past says nothing.
            ([(0.2, 40), (0.9, 180)], nil),
            ([(0.5, 100), (1, 200)], 200),
            ((0...20).map { (Double($0), $0 < 10 ? 0 : ($0 - 10) * 50) }, 50),
            // Nothing came for two seconds, then a burst: 29 records in 2.2 seconds, not in the last 0.2.
            ([(2, 0), (2.2, 29)], 29 / 2.2),
            // Nothing came for a minute: what counts is the count at the beginning of the last ten seconds.
            ([(1, 20), (60, 40), (60.25, 70)], 5),
            // Records in doubt that are queued again are finished no more.
            ([(1, 20), (2, 10)], 5), ([(1, -20)], 0),
        ] as [([(Double, Int)], Double?)])
    func rate(samples: [(Double, Int)], rate: Double?) throws {
        var meter = RateMeter()
        for (second, finished) in samples { meter.note(finished: finished, at: .seconds(second)) }
        guard let rate else {
            #expect(meter.perSecond == nil)
            return
        }
        #expect(abs(try #require(meter.perSecond) - rate) < 1e-9)
    }

    @Test("What was finished before the run is not this run's")
    func laterRun() {
        var meter = RateMeter(finished: 500)
        meter.note(finished: 520, at: .seconds(2))
        #expect(meter.perSecond == 10)
    }
}
