import Basics
import RecordStore
import TestSupport
import Testing

@testable import JobRunner

private let second: MonotonicTime = 1_000_000_000

@Suite struct OverloadWatchTests {
    /// What happens at a second: `o` overloaded, `u` unsent, `s` succeeded, `r` rejected, `m` misconfigured, `w60` a wait of
    /// 60 s asked for.
    struct Step: Sendable, ExpressibleByStringLiteral {
        let at: Int64
        let what: String

        init(stringLiteral text: String) {
            let parts = text.split(separator: " ")
            at = Int64(parts.first ?? "") ?? 0
            what = String(parts.last ?? "")
        }
    }

    /// Steps, and at which second an outage of five minutes is noticed.
    static let table: [(steps: [Step], noticed: Int64?)] = [
        (["0 o", "299 o"], nil), (["0 o", "300 o"], 300), (["10 o", "310 o"], 310), (["0 o"], nil),
        // Anything else that is an answer starts it again; what never left does not.
        (["0 o", "200 s", "300 o", "599 o"], nil), (["0 o", "200 s", "300 o", "600 o"], 600),
        (["0 o", "200 r", "300 o"], nil), (["0 o", "200 u", "300 o"], 300), (["0 u", "300 u", "400 o", "699 u"], nil),
        // Nor does a refusal of this side, which may be due to one record.
        (["0 o", "200 m", "300 o"], 300), (["0 m", "200 o", "300 m", "500 o"], 500), (["0 m", "300 m"], nil),
        // The first wait asked for is honoured whole: the time counts from its end.
        (["0 o", "0 w600", "600 o", "899 o"], nil), (["0 o", "0 w600", "600 o", "900 o"], 900),
        // Later ones don't move it: there would never be an end.
        (["0 o", "0 w60", "60 o", "60 w60", "120 o", "180 o", "240 o", "300 o", "360 o"], 360),
        (["0 o", "0 w3600", "3600 o", "3600 w3600", "7200 o"], 7200), (["0 o", "100 o", "100 w500", "600 o"], nil),
        (["0 o", "0 w600", "600 s", "700 o", "700 w300", "1000 o", "1299 o", "1300 o"], 1300),
    ]

    @Test(arguments: table)
    func anOutageOfFiveMinutesIsNoticed(row: (steps: [Step], noticed: Int64?)) {
        var watch = OverloadWatch(outage: .seconds(300))
        var noticed: Int64?
        let outcomes: [String: Outcome] = [
            "o": Outcome(.overloaded), "u": Outcome(.unsent, isAnswer: false), "s": Outcome(.succeeded),
            "r": Outcome(.rejected), "m": Outcome(.misconfigured, gateSignal: .misconfigured),
        ]
        for step in row.steps {
            if step.what.hasPrefix("w"), let wait = Int64(step.what.dropFirst()) {
                watch.wait(until: (step.at + wait) * second)
            } else if let outcome = outcomes[step.what], watch.record(outcome, at: step.at * second) {
                noticed = noticed ?? step.at
            }
        }
        #expect(noticed == row.noticed)
    }

    @Test func noTimeAtAllIsTooLong() {
        var watch = OverloadWatch(outage: .seconds(300))
        _ = watch.record(Outcome(.overloaded), at: .distantPast)
        watch.wait(until: .distantFuture)
        watch.excuse(.seconds(Int64.max))
        let isNoticed = watch.record(Outcome(.overloaded), at: .distantFuture)
        #expect(!isNoticed)
    }
}
