import Basics
import Foundation
import OpenSSL
import RecordStore
import Results
import TestSupport
import Testing

@Suite("report.html, written anew")
struct ReportRenewalTests {
    private static let answer = "{\"requestRefId\":\"r\",\"insights\":{\"user\":{},\"ip\":{}}}"

    /// Three lines: one answered, one refused, one out of attempts; completed, and its files written.
    private func written() async throws -> BatchFixture {
        let fixture = try await BatchFixture(
            lines: (2...4).map { BatchFixture.Line(number: $0, id: "\($0)", row: "\($0),x\($0)@example.com") })
        try await fixture.attempt { record in
            switch record.id.line {
            case 2: BatchFixture.success(record, Self.answer)
            case 3: BatchFixture.completion(of: record, .rejected, http: 400, next: .failed, billable: .no)
            default: BatchFixture.completion(of: record, .transient, http: 503, next: .failed, billable: .no)
            }
        }
        try await fixture.complete()
        try await fixture.write()
        return fixture
    }

    private func renew(_ fixture: BatchFixture) async throws -> String {
        try await ResultWriter(store: fixture.store).renewReport(
            of: fixture.batch, in: "\(fixture.place.path)/\(fixture.folder)", pricing: nil, now: 9)
    }

    @Test("It says what to correct and what to send again, each with its remedy and its file")
    func groups() async throws {
        let page = try await written().read("report.html")
        #expect(page.contains("1 of 3 lines answered; 1 to correct; 1 to send again"))
        for heading in ["Refused by the API, by reason", "Out of attempts, by reason"] {
            #expect(page.contains("<h2>\(heading)</h2>"))
        }
        #expect(page.contains("then run their file. They lie in <a href=\"failed.csv\">failed.csv</a>."))
        #expect(page.contains("<pre>rollcall rerun accounts-1</pre>") && page.contains("Either, never both"))
    }

    @Test("Only the report and the summary change, and the summary has the report's digest")
    func renewed() async throws {
        let fixture = try await written()
        let before = try #require(BatchSummary.read(folder: "\(fixture.place.path)/\(fixture.folder)"))
        try fixture.place.write("corrected by hand", to: "\(fixture.folder)/failed.csv")
        try FileManager.default.removeItem(atPath: "\(fixture.place.path)/\(fixture.folder)/results.jsonl")
        await #expect(throws: ResultError.self) { try await renew(fixture) }
        try fixture.place.write("", to: "\(fixture.folder)/results.jsonl")
        try fixture.place.write("an old page", to: "\(fixture.folder)/report.html")
        let path = try await renew(fixture)
        #expect(path == "\(fixture.place.path)/\(fixture.folder)/report.html")
        #expect(try fixture.read("failed.csv") == "corrected by hand")
        let page = try fixture.read("report.html")
        #expect(page.contains("1 of 3 lines answered") && !page.contains("old page"))
        let after = try #require(BatchSummary.read(folder: "\(fixture.place.path)/\(fixture.folder)"))
        #expect(after.files.map(\.name) == before.files.map(\.name) && after.records == before.records)
        #expect(after.files.dropLast() == before.files.dropLast())
        let report = try #require(after.files.last)
        #expect(try report.name == "report.html" && report.sha256 == SHA256.hex(Array(page.utf8)))
        #expect(try fixture.place.mode("\(fixture.folder)/report.html") == 0o600)
        #expect(try fixture.place.names(fixture.folder).allSatisfy { !$0.hasPrefix(".") })
    }

    @Test("Beside files of an earlier end of the batch nothing is written")
    func otherEnd() async throws {
        let fixture = try await written()
        let page = try fixture.read("report.html")
        _ = try await fixture.store.requeue(fixture.batch, RequeueSelection(statuses: [.failed]))
        await #expect(throws: ResultError.self) { try await renew(fixture) }
        #expect(try fixture.read("report.html") == page)
    }
}
