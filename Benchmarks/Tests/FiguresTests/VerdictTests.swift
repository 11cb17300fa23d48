import Figures
import Testing

struct VerdictTests {
    private static let met = CaseReport(name: "met", result: .measured([Figure("a", .times, [1], target: .atMost(1))]))
    private static let missed = CaseReport(
        name: "missed",
        result: .measured([
            Figure("b", .times, [1], target: .atLeast(0.5)), Figure("c", .times, [1.36], target: .atMost(1.35)),
        ]))
    private static let explaining = CaseReport(name: "free", result: .measured([Figure("d", .perSecond, [12_345])]))
    private static let failed = CaseReport(name: "failed", result: .failed("sqlite3 is not installed"))

    @Test(
        arguments: [
            ([], .held), ([met, explaining], .held), ([met, missed], .missed), ([failed, met], .incomplete),
            ([failed, missed], .missed),
        ] as [([CaseReport], Verdict)])
    func theVerdictSaysWhetherAllTargetsHeld(reports: [CaseReport], verdict: Verdict) {
        #expect(Verdict(on: reports) == verdict)
    }

    @Test func theExitCodesAreThoseOfTheManual() {
        #expect([Verdict.held, .missed, .incomplete].map(\.rawValue) == [0, 1, 2])
    }

    @Test(
        arguments: [
            (Target.atMost(1.2), 1.2, true), (.atMost(1.2), 1.21, false),
            (.atLeast(0.8), 0.8, true), (.atLeast(0.8), 0.79, false),
            (.atMost(1), .nan, false), (.atLeast(1), .nan, false),
        ] as [(Target, Double, Bool)])
    func theBoundItselfIsMet(target: Target, value: Double, isMet: Bool) {
        #expect(Figure("", .times, [value], target: target).isMet == isMet)
    }

    @Test func aTargetWithoutSamplesIsMissed() {
        #expect(Figure("", .times, [], target: .atMost(1)).isMet == false)
        #expect(Figure("", .times, []).isMet == nil)
    }

    @Test func limitsTakeTheLargestSampleAndCostsTheMedian() {
        #expect(Figure("", .calls, [201, 200, 204], summary: .largest).value == 204)
        #expect(Figure("", .microseconds, [9, 1, 2]).value == 2)
        #expect(Figure("", .microseconds, [4, 1, 2, 9]).value == 3)
    }

    @Test func theTableNamesTargetVerdictAndReason() {
        let lines = Table.text(of: [Self.met, Self.missed, Self.explaining, Self.failed]).split(separator: "\n")
        let words = lines.map { $0.split(separator: " ").joined(separator: " ") }
        #expect(
            words == [
                "value target", "met", "a 1.00 × ≤ 1.00 PASS", "missed", "b 1.00 × ≥ 0.50 PASS",
                "c 1.36 × ≤ 1.35 FAIL", "free", "d 12345 /s", "failed",
                "could not be measured: sqlite3 is not installed",
            ])
    }
}
