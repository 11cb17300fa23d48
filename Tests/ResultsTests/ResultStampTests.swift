import Basics
import Foundation
import RecordStore
import Results
import TestSupport
import Testing

@Suite struct ResultStampTests {
    private static let answer = "{\"requestRefId\":\"r\",\"insights\":{\"user\":{},\"ip\":{}}}"

    /// Two lines, of which the second was refused; completed and written.
    private func fixture() async throws -> BatchFixture {
        let lines = (2...3).map { BatchFixture.Line(number: $0, id: "\($0)", row: "\($0),x\($0)@example.com") }
        let fixture = try await BatchFixture(lines: lines)
        try await fixture.attempt { record in
            record.id.line == 2
                ? BatchFixture.success(record, Self.answer)
                : BatchFixture.completion(of: record, .rejected, http: 400, next: .failed, billable: .no)
        }
        try await fixture.complete()
        try await fixture.write()
        return fixture
    }

    private func stamp(_ fixture: BatchFixture) -> ResultStamp? {
        ResultStamp(folder: "\(fixture.place.path)/\(fixture.folder)")
    }

    @Test func writtenFilesTellOfTheirBatch() async throws {
        let fixture = try await fixture()
        let batch = try await fixture.store.batch(fixture.batch)
        let stamp = try #require(self.stamp(fixture))
        #expect(stamp.concerns(batch) && stamp.tells(of: batch))
    }

    @Test func afterAnotherEndTheyDoNot() async throws {
        let fixture = try await fixture()
        _ = try await fixture.store.requeue(fixture.batch, RequeueSelection(statuses: [.failed]))
        try await fixture.attempt { BatchFixture.success($0, Self.answer) }
        try await fixture.complete()
        let batch = try await fixture.store.batch(fixture.batch)
        let stamp = try #require(self.stamp(fixture))
        #expect(stamp.concerns(batch) && !stamp.tells(of: batch))
        try await fixture.write()
        #expect(self.stamp(fixture)?.tells(of: batch) == true)
    }

    @Test(arguments: ["results.csv", "failed.csv"])
    func whereOneIsMissingTheyDoNot(file: String) async throws {
        let fixture = try await fixture()
        try FileManager.default.removeItem(atPath: "\(fixture.place.path)/\(fixture.folder)/\(file)")
        #expect(stamp(fixture)?.tells(of: try await fixture.store.batch(fixture.batch)) == false)
    }

    @Test(arguments: ["", "{}", "{\"batch\":{\"number\":1}}"])
    func aSummaryThatCannotBeReadIsNone(text: String) async throws {
        let fixture = try await fixture()
        try fixture.place.write(text, to: "\(fixture.folder)/summary.json")
        #expect(stamp(fixture) == nil)
    }

    @Test func aSummaryWithoutFilesSaysWhatTheWrittenOneDoes() async throws {
        let fixture = try await fixture()
        let now = BatchFixture.start + 60_000
        var written = try await fixture.write().summary
        let standing = try await ResultWriter(store: fixture.store).summary(of: fixture.batch, pricing: nil, now: now)
        // What only the records tell.
        (written.files, written.latency, written.scores, written.timeline) = ([], nil, standing.scores, nil)
        #expect(standing == written)
    }
}
