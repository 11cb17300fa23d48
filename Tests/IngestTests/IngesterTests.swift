import Basics
import Foundation
import RecordStore
import TestSupport
import Testing

@testable import Ingest

struct IngesterTests {
    private static let text: String = {
        var lines = ["account_id;email;name"]
        for n in 1...40 {
            switch n % 5 {
            case 0: lines.append("ACC-\(n);p\(n)@example.com;\"Ann\n\"\"\(n)\"\"\"")
            case 1: lines.append("ACC-\(n);x;broken")
            case 2: lines.append("ACC-\(n);\"never closed")
            default: lines.append("ACC-\(n % 8);p\(n)@example.com;山田")
            }
        }
        return lines.joined(separator: "\r\n") + "\r\n"
    }()

    private static let small = IngestFeed.ChunkSize(records: 3, bytes: 1 << 20)

    @Test
    func everyLineBecomesOneRecord() async throws {
        let stores = try await StoreFolder()
        let examined = try stores.folder.open(Self.text).examine()
        let batch = try await stores.createBatch(for: examined)
        let summary = try await Ingester(store: stores.store).ingest(examined, into: batch)
        let built = try BuiltRecord.all(of: examined.file)
        let stored = try await stores.records(of: batch.id)
        #expect(stored.map(\.id) == built.map(\.id))
        #expect(stored.map(\.isInvalid) == built.map { $0.request == nil })
        #expect(stored.map(\.error) == built.map { $0.refusals.isEmpty ? nil : $0.refusals.joined(separator: "; ") })
        let rows = try ReadRecord.all(of: MemorySource(Self.text), delimiter: Byte.semicolon).dropFirst()
        #expect(stored.map(\.line) == rows.map(\.line))
        #expect(summary.records == 40 && summary.invalid == 16 && summary.startLine == 2)
        #expect(try await stores.store.progress(batch.id).total == 40)
    }

    @Test
    func rawRowsGiveTheFileBack() async throws {
        let stores = try await StoreFolder()
        let examined = try stores.folder.open(Self.text).examine()
        let batch = try await stores.createBatch(for: examined)
        _ = try await Ingester(store: stores.store).ingest(examined, into: batch)
        let layout = try await RecordLayout(decoding: stores.store.layout(of: batch.id))
        let rows = [layout.headerLine] + (try await stores.records(of: batch.id).map(\.row))
        #expect(rows.reduce(into: []) { $0 += $1 + layout.lineEnd } == Array(Self.text.utf8))
    }

    @Test
    func aClaimedRecordMakesTheRequestThatWasChecked() async throws {
        let stores = try await StoreFolder()
        let examined = try stores.folder.open(Self.text).examine()
        let batch = try await stores.createBatch(for: examined)
        _ = try await Ingester(store: stores.store).ingest(examined, into: batch)
        try await stores.store.finishIngest(batch.id, state: .running)
        var builder = try await RequestBuilder(layout: RecordLayout(decoding: stores.store.layout(of: batch.id)))
        let caps = CallCaps(day: CallDay(rawValue: 20_250_601))
        let claim = try await stores.store.claim(batch.id, upTo: 100, now: 0, caps: caps)
        let requests = try claim.records.map { try builder.request(forRow: $0.rawRow, line: $0.id.line) }
        let checked = try BuiltRecord.all(of: examined.file).compactMap(\.request)
        #expect(requests.map { String(decoding: $0, as: UTF8.self) } == checked)
    }

    @Test(arguments: 1...13)
    func aReadingCutShortAfterAnyChunkIsContinuedWithoutALineLostOrDoubled(chunks: Int) async throws {
        let stores = try await StoreFolder()
        let examined = try stores.folder.open(Self.text).examine()
        let batch = try await stores.createBatch(for: examined)
        let ingester = Ingester(store: stores.store, chunkSize: Self.small)
        let counter = Counter()
        await #expect(throws: CancellationError.self) {
            try await ingester.ingest(examined, into: batch) { _ in
                if counter.next() == chunks { throw CancellationError() }
            }
        }
        let cut = try await stores.store.batch(batch.id)
        #expect(cut.counts.total == chunks * 3 && cut.state == .ingesting)
        let summary = try await ingester.ingest(examined, into: cut)
        #expect(summary.records == 40 - chunks * 3)
        let whole = try await StoreFolder()
        let other = try await whole.createBatch(for: examined)
        _ = try await Ingester(store: whole.store).ingest(examined, into: other)
        #expect(try await stores.records(of: batch.id) == whole.records(of: other.id))
    }

    @Test
    func aFinishedReadingContinuedBringsNothing() async throws {
        let stores = try await StoreFolder()
        let examined = try stores.folder.open(Self.text).examine()
        let batch = try await stores.createBatch(for: examined)
        let ingester = Ingester(store: stores.store, chunkSize: Self.small)
        _ = try await ingester.ingest(examined, into: batch)
        let again = try await ingester.ingest(examined, into: stores.store.batch(batch.id))
        #expect(again.records == 0)
        #expect(try await stores.records(of: batch.id).count == 40)
    }

    @Test
    func aHeaderWithoutRowsBringsNoRecords() async throws {
        for text in ["account_id,email", "account_id,email\n", "\u{FEFF}account_id,email\r\n\r\n"] {
            let stores = try await StoreFolder()
            let examined = try stores.folder.open(text).examine()
            let batch = try await stores.createBatch(for: examined)
            let summary = try await Ingester(store: stores.store).ingest(examined, into: batch)
            #expect(summary.records == 0)
            try await stores.store.finishIngest(batch.id, state: .completed)
        }
    }

    @Test
    func anotherFileIsNotReadIntoABatch() async throws {
        let stores = try await StoreFolder()
        let examined = try stores.folder.open(Self.text).examine()
        let batch = try await stores.createBatch(for: examined)
        let other = try stores.folder.open("account_id,email\nA,a@example.com\n", named: "other.csv").examine()
        await #expect {
            try await Ingester(store: stores.store).ingest(other, into: batch)
        } throws: { "\($0)".contains("other.csv: is not the file of batch accounts-1") }
    }

    @Test
    func aFileChangedAfterItWasExaminedIsRefused() async throws {
        let stores = try await StoreFolder()
        let examined = try stores.folder.open(Self.text).examine()
        let batch = try await stores.createBatch(for: examined)
        let handle = try #require(FileHandle(forWritingAtPath: stores.folder.path + "/accounts.csv"))
        try handle.truncate(atOffset: 100)
        try handle.close()
        await #expect(throws: InputError.self) {
            try await Ingester(store: stores.store).ingest(examined, into: batch)
        }
        #expect(try await stores.records(of: batch.id).isEmpty)
    }

    @Test
    func aRecordLongerThanAMegabyteIsInvalidAndReadingGoesOn() async throws {
        let stores = try await StoreFolder()
        let long = "B,\"" + String(repeating: "long ", count: 1 << 19) + "\n\",x"
        let text = "account_id,email,name\nA,a@example.com,\n\(long)\nC,c@example.com,\n"
        let examined = try stores.folder.open(text).examine()
        let batch = try await stores.createBatch(for: examined)
        let summary = try await Ingester(store: stores.store).ingest(examined, into: batch)
        #expect(summary.invalid == 1)
        let records = try await stores.records(of: batch.id)
        #expect(records.map(\.line) == [2, 3, 5] && records.map(\.id) == ["A", "", "C"])
        let refused = StoredRecord(
            line: 3, id: "", row: [], isInvalid: true, error: "the record is longer than 1 MiB")
        #expect(records[1] == refused)
    }

    @Test
    func repeatedIDsAreAllowedAndCounted() async throws {
        let stores = try await StoreFolder()
        let rows = (0..<1000).map { "ACC-\($0 % 900),p\($0)@example.com\n" }.joined()
        let examined = try stores.folder.open("account_id,email\n\(rows)").examine()
        let batch = try await stores.createBatch(for: examined)
        let summary = try await Ingester(store: stores.store).ingest(examined, into: batch)
        #expect(summary == IngestSummary(startLine: 2, records: 1000, invalid: 0, duplicateIDs: 100))
    }

    @Test(arguments: [0, 1, 3, 7])
    func repeatedRequestsFollowTheirFirstLineAlsoAfterAReadingCutShort(chunks: Int) async throws {
        let stores = try await StoreFolder()
        let rows = (0..<40).map { "\($0),h\($0 % 30),p\($0 % 30)@example.com\n" }.joined()
        let examined = try stores.folder.open("id,hashed_account_id,email\n\(rows)").examine()
        var batch = try await stores.createBatch(for: examined)
        let ingester = Ingester(store: stores.store, chunkSize: IngestFeed.ChunkSize(records: 5, bytes: 1 << 20))
        if chunks > 0 {
            let counter = Counter()
            let reading = Task { [batch] in
                try await ingester.ingest(examined, into: batch) { _ in
                    if counter.next() == chunks { withUnsafeCurrentTask { $0?.cancel() } }
                }
            }
            await #expect(throws: CancellationError.self) { try await reading.value }
            batch = try await stores.store.batch(batch.id)
        }
        let summary = try await ingester.ingest(examined, into: batch)
        #expect(summary.repeatedRequests == 10)
        #expect(try await stores.store.progress(batch.id).following == 10)
    }

    @Test
    func whatIsCheckedIsByTheLayoutStoredWithTheBatch() async throws {
        let stores = try await StoreFolder()
        let path = try stores.folder.write("account_id,email,phone_number\nA,x@example.com,\n")
        let first = try InputFile.open(path: path).examine()
        let batch = try await stores.createBatch(for: first)
        let changedJob = FieldMapping(ignoreColumns: ["email"])
        let later = try InputFile.open(path: path, mapping: changedJob).examine()
        let summary = try await Ingester(store: stores.store).ingest(later, into: batch)
        #expect(summary.invalid == 0)
    }
}
