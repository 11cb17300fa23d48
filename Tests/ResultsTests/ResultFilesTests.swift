import Foundation
import IdentityInsights
import JSON
import OpenSSL
import RecordStore
import Results
import TestSupport
import Testing

/// Five lines, one of each end that a record can have after its calls.
@Suite struct ResultFilesTests {
    private static let answer = """
        {"requestRefId":"ref-2","insights":{"user":{"scores":{"identityRisk":42},"details":{"phone":{"carrier":\
        "=Tel, \\"Blue\\"","valid":true}}},"ip":{"scores":{"ipRisk":0.125},"new":{"leaf":1}},\
        "device":{"score":{"deviceRisk":null}}},"warnings":["w one","w\\ntwo"],"alerts":["a"]}
        """
    private static let pretty = "{\n \"requestRefId\": \"ref-3\",\r\n \"insights\": {\"user\": {}, \"ip\": {}}\n}"

    private static let lines = [
        BatchFixture.Line(number: 2, id: "A,1", row: "\"A,1\",a@example.com"),
        BatchFixture.Line(number: 3, id: "-2", row: "-2,b@example.com"),
        BatchFixture.Line(number: 4, id: "C", row: "C,c@example.com"),
        BatchFixture.Line(number: 5, id: "", row: ",\"d\nd@example.com\""),
        BatchFixture.Line(number: 7, id: "É", row: "É,e", refusal: "email: must be 3 to 254 characters"),
    ]

    private func fixture() async throws -> BatchFixture {
        let fixture = try await BatchFixture(lines: Self.lines)
        try await fixture.attempt { record in
            switch record.id.line {
            case 2: BatchFixture.success(record, Self.answer)
            case 3: BatchFixture.success(record, Self.pretty, warning: "answer was not encrypted")
            case 4:
                BatchFixture.completion(
                    of: record, .rejected, http: 400, reason: "INVALID", error: "the API refused user.email",
                    next: .failed, billable: .no)
            default: BatchFixture.doubt(record)
            }
        }
        try await fixture.complete()
        return fixture
    }

    @Test func theCSVHasOneRowPerLineInItsColumns() async throws {
        let fixture = try await fixture()
        try await fixture.write()
        let insights = InsightColumns.all.joined(separator: ",")
        let header =
            "line,id,status,attempts,http_status,reason_code,error,correlation_id,request_ref_id,"
            + "submitted_at,completed_at," + insights + ",warnings,alerts,reused_from\n"
        let (from, to) = ("2026-01-31T22:00:00.000Z", "2026-01-31T22:00:00.250Z")
        let none = String(repeating: ",", count: InsightColumns.all.count)
        let filled = InsightColumns.all.map { column in
            switch column {
            case "user.scores.identityRisk": ",42"
            case "user.details.phone.valid": ",true"
            case "user.details.phone.carrier": ",\"=Tel, \"\"Blue\"\"\""
            case "ip.scores.ipRisk": ",0.125"
            default: ","
            }
        }
        let rows = [
            "2,\"A,1\",succeeded,1,200,,,corr-2,ref-2,\(from),\(to)\(filled.joined()),\"w one | w\ntwo\",a,\n",
            "3,-2,succeeded,1,200,,,corr-3,ref-3,\(from),\(to)\(none),answer was not encrypted,,\n",
            "4,C,failed,1,400,INVALID,the API refused user.email,corr-4,,\(from),\(to)\(none),,,\n",
            "5,,in_doubt,1,,,no answer within 30 s,,,\(from),\(to)\(none),,,\n",
        ]
        let text = try fixture.read("results.csv")
        #expect(text.hasPrefix(header + rows.joined()))
        let last = text.dropFirst((header + rows.joined()).count)
        #expect(last.hasPrefix("7,É,invalid,0,,,email: must be 3 to 254 characters,,,"))
        #expect(last.hasSuffix(none + ",,,\n") && last.filter { $0 == "\n" }.count == 1)
    }

    @Test func theJSONLinesHoldTheWholeAnswer() async throws {
        let fixture = try await fixture()
        try await fixture.write()
        let lines = try fixture.read("results.jsonl").split(separator: "\n", omittingEmptySubsequences: false)
        #expect(lines.count == 6 && lines.last == "")
        let answers =
            "\"warnings\":[\"w one\",\"w\\ntwo\"],\"alerts\":[\"a\"],\"reused_from\":null,\"answer\":" + Self.answer
            + "}"
        #expect(
            lines[0] == "{\"line\":2,\"id\":\"A,1\",\"status\":\"succeeded\",\"attempts\":1,\"http_status\":200,"
                + "\"reason_code\":null,\"error\":null,\"correlation_id\":\"corr-2\",\"request_ref_id\":\"ref-2\","
                + "\"submitted_at\":\"2026-01-31T22:00:00.000Z\",\"completed_at\":\"2026-01-31T22:00:00.250Z\","
                + answers)
        let plain = try JSONDocument(parsing: Array(lines[1].utf8)).root
        #expect(plain["warnings"]?.elements.map(\.string) == ["answer was not encrypted"])
        #expect(plain["answer"]?["requestRefId"]?.string == "ref-3")
        for line in lines.dropLast() {
            let root = try JSONDocument(parsing: Array(line.utf8)).root
            #expect(root.members.map(\.key).count == 15)
        }
        #expect(lines[3].hasSuffix("\"warnings\":[],\"alerts\":[],\"reused_from\":null,\"answer\":null}"))
    }

    /// Answers whose form is at fault, and the text that stands beside `answer: null`.
    static let faulty: [(answer: [UInt8], text: String)] =
        [
            #"{"insights":{"user":{"scores":{"identityRisk":42}},"ip":{"scores":{"ipRisk":0.5}}},"x":"\ud83d"}"#,
            #"{"insights":{"user":{"scores":{"identityRisk":42}},"ip":{"scores":{"ipRisk":0.5}}},"x":NaN}"#,
            #"{"insights":{"user":{"scores":{"identityRisk":42}},"ip":{"scores":{"ipRisk":0.5}}},"insights":{}}"#,
            "\u{FEFF}{\"insights\":{\"user\":{\"scores\":{\"identityRisk\":42}},\n\"ip\":{\"scores\":{\"ipRisk\":0.5}}}}",
        ].map { (Array($0.utf8), $0) } + [
            (
                Array(#"{"insights":{"user":{"scores":{"identityRisk":42}},"ip":{"scores":{"ipRisk":0.5}}},"x":""#.utf8)
                    + [0xFF] + Array("\"}".utf8),
                #"{"insights":{"user":{"scores":{"identityRisk":42}},"ip":{"scores":{"ipRisk":0.5}}},"x":""#
                    + "\u{FFFD}\"}"
            )
        ]

    @Test(arguments: faulty)
    func anAnswerWhoseFormIsAtFaultStandsBesideAsText(answer: [UInt8], text: String) async throws {
        let fixture = try await BatchFixture(lines: [Self.lines[0]])
        try await fixture.attempt { record in
            var completion = BatchFixture.success(record, "", warning: "answer kept as text")
            completion.answer = answer
            return completion
        }
        try await fixture.complete()
        try await fixture.write()
        let line = try #require(try fixture.read("results.jsonl").split(separator: "\n").first)
        let root = try JSONDocument(parsing: Array(line.utf8)).root
        #expect(root["answer"]?.isNull == true)
        #expect(root["answer_text"]?.string == text)
        #expect(root["warnings"]?.elements.map(\.string) == ["answer kept as text"])
        // What can be read is read.
        let row = try #require(try fixture.read("results.csv").split(separator: "\n").last)
        #expect(row.contains(",42,") && row.contains(",0.5,"))
    }

    @Test func failedAndDoubtedLinesAreGivenBackApart() async throws {
        let fixture = try await fixture()
        let paths = try await fixture.write().paths
        #expect(
            try fixture.read("failed.csv") == "id,email,_status,_reason,_line,_batch\n"
                + "C,c@example.com,failed,INVALID: the API refused user.email,4,accounts-1\n"
                + "É,e,invalid,email: must be 3 to 254 characters,7,accounts-1\n")
        #expect(
            try fixture.read("in_doubt.csv") == "id,email,_status,_reason,_line,_batch\n"
                + ",\"d\nd@example.com\",in_doubt,no answer within 30 s,5,accounts-1\n")
        #expect(paths.failed?.hasSuffix("/out/accounts-1/failed.csv") == true)
        #expect(paths.inDoubt?.hasSuffix("/out/accounts-1/in_doubt.csv") == true)
    }

    @Test func whatAPersonResolvedAsFailedIsNotOfferedToBeRunAgain() async throws {
        let fixture = try await fixture()
        let provenance = try await fixture.store.batch(fixture.batch).provenance
        _ = try await fixture.store.resolveAsFailed(
            fixture.batch, lines: nil, reason: "resolved by hand", heldReason: "held"
        ) { _ in Action(at: 1, batch: nil, name: .resolve, provenance: provenance) }
        let written = try await fixture.write()
        #expect(try !fixture.read("failed.csv").contains("d@example.com"))
        #expect(
            try fixture.read("in_doubt.csv") == "id,email,_status,_reason,_line,_batch\n"
                + ",\"d\nd@example.com\",failed,resolved by hand,5,accounts-1\n")
        #expect(written.inDoubtSummary.resolved == 1 && written.inDoubtSummary.perhapsBilled == 0)
        #expect(written.summary.records.failed == 2 && written.summary.records.inDoubt == 0)
    }

    @Test func theSummaryCountsAndVouchesForTheFiles() async throws {
        let fixture = try await fixture()
        let written = try await fixture.write(
            pricing: Pricing(currency: "USD", tiers: [.init(upTo: 1, each: 1), .init(upTo: nil, each: 2)]))
        let data = Data(try fixture.read("summary.json").utf8)
        let summary = try JSONDecoder().decode(BatchSummary.self, from: data)
        #expect(summary == written.summary)
        #expect(summary.records.total == 5 && summary.records.succeeded == 2 && summary.records.failed == 1)
        #expect(summary.records.inDoubt == 1 && summary.records.invalid == 1 && summary.records.queued == 0)
        #expect(summary.calls.made == 4 && summary.calls.billable == 2 && summary.calls.maybeBillable == 1)
        #expect(summary.calls.notBillable == 1 && summary.calls.possibleDoubleBills == 0)
        #expect(summary.cost == .known(currency: "USD", certain: 3, atMost: 5))
        #expect(summary.cost.description == "USD 3.00 to 5.00")
        #expect(summary.state == "completed" && summary.batch.inputSHA256 == String(repeating: "ab", count: 32))
        #expect(summary.latency?.median == 250 && summary.latency?.longest == 250)
        let timeline = try #require(summary.timeline)
        #expect(timeline.answered.reduce(0, +) == 2 && timeline.failed.reduce(0, +) == 1)
        #expect(timeline.inDoubt.reduce(0, +) == 1)
        #expect(ScoreChart.all(summary).map(\.title) == ["Identity risk", "IP risk"])
        #expect(summary.provenance.user == "nora" && summary.times.written == "2026-01-31T22:01:00.000Z")
        #expect(
            summary.files.map(\.name)
                == ["results.csv", "results.jsonl", "failed.csv", "in_doubt.csv", "report.html"])
        for file in summary.files {
            let bytes = Array(try fixture.read(file.name).utf8)
            #expect(file.bytes == bytes.count)
            #expect(try file.sha256 == SHA256.hex(bytes))
        }
    }

    @Test func withoutPricesTheCostIsUnknown() async throws {
        let fixture = try await fixture()
        try await fixture.write()
        let root = try JSONDocument(parsing: Array(try fixture.read("summary.json").utf8)).root
        let cost = try #require(root["cost"])
        #expect(["currency", "certain", "at_most"].allSatisfy { cost[$0]?.isNull == true })
        #expect(try fixture.read("report.html").contains("unknown"))
    }

    @Test func theReportHasTheCountsAndNothingOfTheRecords() async throws {
        let fixture = try await fixture()
        try await fixture.write()
        let page = try fixture.read("report.html")
        #expect(page.contains("accounts-1") && page.contains("INVALID") && page.contains("nora on night"))
        #expect(page.contains("email: must be 3 to 254 characters") && page.contains("0–49"))
        for secret in ["example.com", "A,1", "A&#44;1", "É", "ref-2", "corr-2", "Tel"] {
            #expect(!page.contains(secret))
        }
        #expect(!page.contains("http://") && !page.contains("<script") && !page.contains("src="))
    }

    @Test func everythingIsPrivateAndNoTemporaryStays() async throws {
        let fixture = try await fixture()
        try await fixture.write()
        #expect(try fixture.place.mode("out") == 0o700 && fixture.place.mode(fixture.folder) == 0o700)
        let names = try fixture.place.names(fixture.folder)
        #expect(
            names == ["failed.csv", "in_doubt.csv", "report.html", "results.csv", "results.jsonl", "summary.json"])
        for name in names { #expect(try fixture.place.mode(fixture.folder + "/" + name) == 0o600) }
    }

    @Test(arguments: ExportFormat.allCases)
    func anExportIsTheFile(format: ExportFormat) async throws {
        let fixture = try await fixture()
        try await fixture.write()
        let path = fixture.place.path + "/export"
        let descriptor = open(path, O_WRONLY | O_CREAT, 0o600)
        try await ResultWriter(store: fixture.store).export(fixture.batch, as: format, to: descriptor)
        #expect(close(descriptor) == 0)
        #expect(try fixture.place.read("export") == fixture.read("results.\(format.rawValue)"))
    }
}
