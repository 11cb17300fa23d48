import Foundation
import JSON
import RecordStore
import Results
import TestSupport
import Testing

@Suite struct ResultRewritingTests {
    private static let answer = "{\"requestRefId\":\"r\",\"insights\":{\"user\":{},\"ip\":{}}}"

    private func lines(_ count: Int) -> [BatchFixture.Line] {
        (0..<count).map { BatchFixture.Line(number: $0 + 2, id: "\($0)", row: "\($0),x\($0)@example.com") }
    }

    /// Two lines, of which the second was refused; completed.
    private func halfFailed() async throws -> BatchFixture {
        let fixture = try await BatchFixture(lines: lines(2))
        try await fixture.attempt { record in
            record.id.line == 2
                ? BatchFixture.success(record, Self.answer)
                : BatchFixture.completion(of: record, .rejected, http: 400, next: .failed, billable: .no)
        }
        try await fixture.complete()
        return fixture
    }

    @Test func filesWithoutRowsAreNotWrittenAndStaleOnesGo() async throws {
        let fixture = try await halfFailed()
        #expect(try await fixture.write().paths.failed != nil)
        try fixture.place.write("old", to: fixture.folder + "/in_doubt.jsonl")
        try fixture.place.write("half", to: fixture.folder + "/.results.csv.tmp-crash")
        _ = try await fixture.store.requeue(fixture.batch, RequeueSelection(statuses: [.failed]))
        try await fixture.attempt { BatchFixture.success($0, Self.answer) }
        try await fixture.complete()
        let paths = try await fixture.write().paths
        #expect(paths.failed == nil && paths.inDoubt == nil)
        #expect(
            try fixture.place.names(fixture.folder)
                == ["report.html", "results.csv", "results.jsonl", "summary.json"])
    }

    @Test func whatIsWrittenWouldSurviveAPowerCut() async throws {
        let fixture = try await halfFailed()
        let order = try await FileOrder.observing(below: fixture.place.path + "/out") { _ in
            _ = try await fixture.write(options: ResultOptions(tables: [.csv, .jsonl, .xlsx]))
        }
        #expect(order.unsynchronized == [])
        for name in ["results.csv", "results.jsonl", "summary.json", "report.html", "failed.csv"] {
            #expect(order.events.contains { "\($0)".contains(name) }, "\(name)")
        }
    }

    @Test func whatWasWrittenIsReadBackUntilTheBatchHasAnotherEnd() async throws {
        let fixture = try await halfFailed()
        let batch = try await fixture.store.batch(fixture.batch)
        let written = try await fixture.write()
        let read = try #require(WrittenResults(of: batch, in: written.paths.folder, inDoubtSummary: InDoubtSummary()))
        #expect(read.paths == written.paths && read.summary == written.summary)
        #expect(WrittenResults(of: batch, in: written.paths.folder + "/other", inDoubtSummary: InDoubtSummary()) == nil)
        _ = try await fixture.store.requeue(fixture.batch, RequeueSelection(statuses: [.failed]))
        let queued = try await fixture.store.batch(fixture.batch)
        #expect(WrittenResults(of: queued, in: written.paths.folder, inDoubtSummary: InDoubtSummary()) == nil)
    }

    @Test func anUnfinishedBatchHasARowForEveryLine() async throws {
        let fixture = try await BatchFixture(lines: lines(3))
        try await fixture.attempt { record in
            record.id.line == 3 ? BatchFixture.success(record, Self.answer) : nil
        }
        let summary = try await fixture.write().summary
        #expect(summary.records.queued == 2 && summary.records.succeeded == 1 && summary.state == "running")
        let rows = try fixture.read("results.csv").split(separator: "\n")
        #expect(rows.count == 4)
        #expect(rows[1].hasPrefix("2,0,queued,0,,") && rows[3].hasPrefix("4,2,queued,0,,"))
        #expect(try fixture.place.names(fixture.folder).contains { $0.hasPrefix("failed") } == false)
    }

    @Test func aRecordSentAgainWhileInDoubtIsAPossibleDoubleBill() async throws {
        let fixture = try await BatchFixture(lines: lines(3))
        try await fixture.attempt { BatchFixture.doubt($0, again: $0.id.line != 4) }
        try await fixture.attempt { record in
            record.id.line == 2 ? BatchFixture.success(record, Self.answer) : BatchFixture.doubt(record)
        }
        try await fixture.complete()
        let summary = try await fixture.write().summary
        #expect(summary.records.succeeded == 1 && summary.records.inDoubt == 2)
        #expect(summary.calls.made == 5 && summary.calls.possibleDoubleBills == 2)
    }

    @Test func aFileOfJSONLinesIsGivenBackAsSuch() async throws {
        let rows = ["{\"id\":\"1\",\"user\":{}}", "{\"id\":"]
        let lines = rows.enumerated().map {
            BatchFixture.Line(number: $0 + 1, id: "", row: $1, refusal: "user.account: must be given")
        }
        let fixture = try await BatchFixture(format: .jsonLines, fileName: "accounts.jsonl", lines: lines)
        try await fixture.write(.jsonLines)
        #expect(
            try fixture.read("failed.jsonl")
                == "{\"id\":\"1\",\"user\":{},\"_status\":\"invalid\",\"_reason\":\"user.account: must be given\",\"_line\":1,\"_batch\":\"accounts-1\"}\n"
                + "{\"id\":\n")
    }

    @Test func anEmptyBatchHasAHeaderAndNoughts() async throws {
        let fixture = try await BatchFixture(lines: [])
        let summary = try await fixture.write().summary
        #expect(summary.records.total == 0 && summary.latency == nil)
        #expect(try fixture.read("results.csv").hasSuffix(",warnings,alerts,reused_from\n"))
        #expect(try fixture.read("results.jsonl") == "")
        #expect(try fixture.read("report.html").contains("Identity risk") == false)
    }

    @Test func namesInTheReportAreEscaped() async throws {
        let fixture = try await BatchFixture(
            fileName: "<b>&\"accounts.csv",
            lines: [.init(number: 2, id: "1", row: "1", refusal: "<script>alert(1)</script>")])
        let written = try await ResultWriter(store: fixture.store).write(
            fixture.batch, into: fixture.place.path + "/out/1", returning: BatchFixture.Form.csv, pricing: nil, now: 0)
        let page = String(decoding: try Data(contentsOf: URL(fileURLWithPath: written.paths.report)), as: UTF8.self)
        #expect(page.contains("&lt;script&gt;alert(1)&lt;/script&gt;") && !page.contains("<script"))
        #expect(page.contains("&lt;b&gt;&amp;&quot;accounts.csv"))
    }

    @Test func manyRecordsComeInInputOrder() async throws {
        let fixture = try await BatchFixture(lines: lines(900))
        try await fixture.attempt { BatchFixture.success($0, Self.answer) }
        try await fixture.complete()
        try await fixture.write()
        let rows = try fixture.read("results.csv").split(separator: "\n").dropFirst()
        #expect(rows.map { $0.prefix { $0 != "," } } == (2..<902).map { Substring(String($0)) })
        #expect(try fixture.read("results.jsonl").utf8.filter { $0 == UInt8(ascii: "\n") }.count == 900)
    }
}
