import Basics
import Foundation
import IdentityInsights
import JSON
import RecordStore
import Testing

@testable import Results

@Suite("What report.html tells")
struct ReportTests {
    private static func summary(
        _ change: (inout BatchSummary) -> Void = { _ in }
    ) -> BatchSummary {
        var summary = BatchSummary(
            batch: .init(number: 3, name: "day-3", job: "default", file: "day.csv", format: "csv", inputSHA256: "ab"),
            state: "completed", reason: nil, records: .init(), calls: .init(), cost: .unknown,
            times: .init(created: "", written: ""), latency: nil,
            provenance: .init(
                user: "u", host: "h", version: "1", settingsHash: "", endpoint: "", keyID: "",
                certificateFingerprint: ""), audit: nil,
            files: ["failed.csv", "in_doubt.csv", "cancelled.csv"].map { .init(name: $0, bytes: 1, sha256: "") })
        change(&summary)
        return summary
    }

    @Test(
        "The verdict says first how many lines were answered, then what is left",
        arguments: [
            ([:], "The file has no lines"), ([.succeeded: 1], "All 1 line answered"),
            ([.succeeded: 1_100, .reused: 100], "All 1,200 lines answered"),
            (
                [.succeeded: 1_174, .failed: 15, .invalid: 6, .inDoubt: 5],
                "1,174 of 1,200 lines answered; 21 to correct; 5 to decide"
            ),
            ([.succeeded: 1, .cancelled: 2], "1 of 3 lines answered; 2 not sent"),
            ([.queued: 2, .inFlight: 1], "0 of 3 lines answered; 3 waiting"),
        ] as [([RecordStatus: Int], String)])
    func verdict(counts: [RecordStatus: Int], sentence: String) {
        let verdict = ReportVerdict(Self.summary { $0.records = .init(counts) }, folder: "/out/day-3")
        #expect(verdict.sentence == sentence)
        #expect((verdict.kind == "good") == verdict.tasks.isEmpty)
    }

    @Test("What was given up by hand is told, and nothing is asked for it")
    func givenUp() {
        let summary = Self.summary { $0.records = .init([.succeeded: 3, .failed: 5]) }
        let some = ReportVerdict(summary, resolvedByHand: 4, folder: "/out/day-3")
        #expect(some.sentence == "3 of 8 lines answered; 1 to correct; 4 given up")
        #expect(some.tasks.map(\.title) == ["1 line to correct"])
        let all = ReportVerdict(summary, resolvedByHand: 5, folder: "/out/day-3")
        #expect(all.sentence == "3 of 8 lines answered; 5 given up" && all.tasks.isEmpty && all.kind == "good")
    }

    @Test("What was held was not sent, and is told apart from what may have been billed")
    func held() {
        let summary = Self.summary { $0.records = .init([.succeeded: 3, .inDoubt: 5]) }
        let some = ReportVerdict(summary, held: 4, folder: "/out/day-3")
        #expect(some.sentence == "3 of 8 lines answered; 1 to decide; 4 held")
        #expect(some.tasks.map(\.title) == ["1 line to decide", "4 lines held, not sent"])
        #expect(some.tasks.map(\.isCostly) == [true, false])
        #expect(ReportVerdict(summary, held: 5, folder: "/o").tasks.map(\.title) == ["5 lines held, not sent"])
    }

    @Test("Each group of lines has its file, by a relative link, and the commands that settle it")
    func tasks() {
        let summary = Self.summary {
            $0.records = .init([.failed: 1, .invalid: 2, .inDoubt: 3, .cancelled: 4, .queued: 5])
            $0.state = "halted"
        }
        let tasks = ReportVerdict(summary, folder: "/out/day-3").tasks
        #expect(
            tasks.map(\.title) == ["3 lines to correct", "3 lines to decide", "4 lines not sent", "5 lines waiting"])
        #expect(tasks.map(\.file) == ["failed.csv", "in_doubt.csv", "cancelled.csv", nil])
        #expect(
            tasks.map(\.commands) == [
                ["rollcall run /out/day-3/failed.csv"],
                ["rollcall rerun day-3 --status in_doubt", "rollcall resolve day-3 --status in_doubt --as failed"],
                ["rollcall rerun day-3 --status cancelled"], ["rollcall resume day-3"],
            ])
        #expect(tasks.map(\.isCostly) == [false, true, false, false])
    }

    @Test("No line has two commands that send it: what can be sent as it is has its own, and the file is the other way")
    func eitherWay() {
        var summary = Self.summary { $0.records = .init([.succeeded: 1, .failed: 5, .invalid: 2]) }
        let verdict = ReportVerdict(summary, temporary: 4, folder: "/out/day-3")
        #expect(verdict.sentence == "1 of 8 lines answered; 3 to correct; 4 to send again")
        #expect(verdict.tasks.map(\.title) == ["3 lines to correct", "4 lines to send again"])
        #expect(verdict.tasks.map(\.file) == ["failed.csv", nil])
        #expect(
            verdict.tasks.map(\.commands) == [["rollcall run /out/day-3/failed.csv"], ["rollcall rerun day-3"]])
        #expect(verdict.tasks[0].remedy.contains("2 refused before any call, 1 refused by the API."))
        #expect(verdict.tasks[0].remedy.contains("Either, never both"))
        #expect(verdict.tasks[1].remedy.contains("either, never both"))
        summary.records = .init([.succeeded: 1, .failed: 4])
        let passing = ReportVerdict(summary, temporary: 4, folder: "/out/day-3")
        #expect(passing.tasks.map(\.title) == ["4 lines to send again"])
        summary.records = .init([.succeeded: 1, .failed: 4])
        summary.files = []
        #expect(!ReportVerdict(summary, temporary: 4, folder: "/o").tasks[0].remedy.contains("both"))
    }

    @Test(
        "The file is run under the batch's job: by its name, or by its file where that lies elsewhere",
        arguments: [
            ("default", nil, "rollcall run /out/day-3/failed.csv"),
            ("night", nil, "rollcall run /out/day-3/failed.csv --job night"),
            ("special", "/home/a b/special.yaml", "rollcall run /out/day-3/failed.csv --job /home/a\\ b/special.yaml"),
        ] as [(String, String?, String)])
    func job(name: String, file: String?, command: String) {
        let summary = Self.summary {
            $0.records = .init([.invalid: 1])
            $0.batch.job = name
        }
        #expect(ReportVerdict(summary, jobFile: file, folder: "/out/day-3").tasks[0].commands == [command])
    }

    @Test(
        "What is to be done about a record follows from how its last attempt ended",
        arguments: [
            (.failed, .rejected, false, .refused), (.failed, .transient, false, .temporary),
            (.failed, .overloaded, false, .temporary), (.failed, .unsent, false, .refused),
            (.failed, nil, false, .refused), (.failed, .inDoubt, true, .resolvedByHand),
            (.inDoubt, nil, false, .inDoubt), (.inDoubt, .unsent, false, .held),
            (.invalid, nil, false, nil), (.succeeded, nil, false, nil), (.cancelled, nil, false, nil),
        ] as [(RecordStatus, AttemptOutcome?, Bool, FailureKind?)])
    func kinds(status: RecordStatus, outcome: AttemptOutcome?, isResolved: Bool, kind: FailureKind?) {
        let row = ResultRow(
            line: 2, id: [], rawRow: nil, status: status, attempts: 1, isHeld: kind == .held,
            isResolvedByHand: isResolved, httpStatus: nil, reasonCode: nil, error: nil, correlationID: nil,
            requestRefID: nil, submittedAt: nil,
            completedAt: nil, reusedFrom: nil, ownWarning: nil, answer: nil, forgottenAt: nil, failedBy: outcome)
        #expect(FailureKind(of: row) == kind)
    }

    @Test(
        "A score falls into one of its groups; what lies outside the documented range into none",
        arguments: [
            ("user.scores.identityRisk", 0, 0, "0–49"), ("user.scores.identityRisk", 49, 0, "0–49"),
            ("user.scores.identityRisk", 50, 1, "50–99"), ("user.scores.identityRisk", 500, 9, "450–500"),
            ("user.scores.identityRisk", 501, nil, ""), ("user.scores.identityRisk", -1, nil, ""),
            ("ip.scores.ipRisk", 0.125, 1, "0.1–0.2"), ("ip.scores.ipRisk", 1, 9, "0.9–1.0"),
            ("device.scores.deviceRiskFactor", 5, 4, "5"), ("device.scores.deviceRiskFactor", 0, nil, ""),
            ("device.scores.deviceRiskFactor", 2.5, nil, ""), ("device.scores.deviceInsightFactor", 0, 0, "0"),
        ] as [(String, Double, Int?, String)])
    func groups(column: String, value: Double, group: Int?, label: String) throws {
        let score = try #require(Score.all.first { $0.column == column })
        #expect(score.group(of: value) == group)
        if let group { #expect(score.label(of: group) == label) }
    }

    @Test("Every score is a column of the results")
    func columns() {
        #expect(Score.all.allSatisfy { InsightColumns.all.contains($0.column) })
    }

    @Test("All histograms have one scale, and there is no bar for nothing")
    func charts() throws {
        var tally = ScoreTally()
        for (risk, trust) in [(10, 1), (10, 2), (400, 3), (900, 4)] {
            tally.add(
                try Self.answer(
                    #"{"user":{"scores":{"identityRisk":\#(risk)}},"device":{"scores":{"deviceTrustFactor":\#(trust)}}}"#
                ))
        }
        let charts = ScoreChart.all(tally)
        #expect(charts.map(\.title) == ["Identity risk", "Device trust factor"])
        #expect(charts.map(\.top) == ["67%", "67%"] && charts.map(\.answers) == ["3 answers", "4 answers"])
        #expect(charts.map { $0.bars.map(\.height) } == [["64", "32"], ["24", "24", "24", "24"]])
        #expect(charts[0].bars.map(\.text) == ["0–49: 2, 67%", "400–449: 1, 33%"])
        #expect(charts[0].meaning.hasSuffix("1 value outside the range.") && charts[0].low == "0–49")
        #expect(ScoreChart.all(ScoreTally()).isEmpty)
    }

    private static func answer(_ insights: String) throws -> AnswerCells {
        var cells = AnswerCells()
        cells.read(
            ResultRow(
                line: 2, id: [], rawRow: nil, status: .succeeded, attempts: 1, isHeld: false, isResolvedByHand: false,
                httpStatus: 200, reasonCode: nil, error: nil, correlationID: nil, requestRefID: nil, submittedAt: nil,
                completedAt: nil, reusedFrom: nil, ownWarning: nil, answer: Array(#"{"insights":\#(insights)}"#.utf8),
                forgottenAt: nil))
        return cells
    }

    @Test(
        "Shares are never rounded to all or nothing",
        arguments: [
            (0, 0, "0%"), (0, 5, "0%"), (5, 5, "100%"), (1, 1_000_000, "under 0.1%"),
            (999_999, 1_000_000, "over 99.9%"),
            (995, 1_000, "99.5%"), (1, 300, "0.3%"), (1, 4, "25%"),
        ])
    func shares(part: Int, whole: Int, text: String) {
        #expect(Share.text(part, of: whole) == text)
    }

    @Test(
        "A time stands by the zone's clock, and in UTC beside it",
        arguments: [
            ("UTC", "2026-11-23 23:40:05 UTC"),
            ("Europe/Berlin", "2026-11-24 00:40:05 +01:00 (2026-11-23 23:40:05 UTC)"),
            ("America/Sao_Paulo", "2026-11-23 20:40:05 -03:00 (23:40:05 UTC)"),
        ])
    func times(zone: String, text: String) throws {
        let zone = try #require(TimeZone(identifier: zone))
        #expect(Report.time(WallTime(milliseconds: 1_795_477_205_000), in: zone) == text)
    }
}

extension BatchSummary.Records {
    fileprivate init(_ counts: [RecordStatus: Int]) {
        func count(_ status: RecordStatus) -> Int { counts[status] ?? 0 }
        self.init(
            total: counts.values.reduce(0, +), queued: count(.queued), inFlight: count(.inFlight),
            succeeded: count(.succeeded), failed: count(.failed), inDoubt: count(.inDoubt), invalid: count(.invalid),
            reused: count(.reused), cancelled: count(.cancelled))
    }
}
