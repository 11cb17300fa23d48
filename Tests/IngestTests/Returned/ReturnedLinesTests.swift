import RecordStore
import TestSupport
import Testing

@testable import Ingest

/// A file that was given back is compared with the lines it came from.
struct ReturnedLinesTests {
    private static let first = """
        account_id;name;email
        0013;"stray "quote" in it";a@example.com
        1001;=HYPERLINK("x");b
        00042;Ann;c

        """

    private func takeIn(_ text: String, named name: String, in stores: StoreFolder) async throws -> Batch {
        let examined = try stores.folder.open(text, named: name).examine()
        let batch = try await stores.createBatch(for: examined)
        _ = try await Ingester(store: stores.store).ingest(examined, into: batch)
        return batch
    }

    /// What `failed.csv` holds of a batch whose lines are all invalid.
    private func returned(_ batch: Batch, _ stores: StoreFolder) async throws -> String {
        let rows = await ReturnedRows(layout: try RecordLayout(decoding: stores.store.layout(of: batch.id)))
        var bytes = rows.beginning
        for record in try await stores.records(of: batch.id) {
            bytes += rows.line(
                record.row, status: "invalid", reason: record.error ?? "", line: record.line, batch: batch.name)
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    @Test func aMendedRowPassesAndASpreadsheetsChangeIsSeen() async throws {
        let stores = try await StoreFolder()
        let batch = try await takeIn(Self.first, named: "a.csv", in: stores)
        #expect(try await stores.records(of: batch.id).map(\.isInvalid) == [true, true, true])
        let mended = try await returned(batch, stores).replacing(";b;", with: ";b@example.com;")
            .replacing(";c;", with: ";c@example.com;").replacing("00042;", with: "42;")
        let second = try await takeIn(mended, named: "failed.csv", in: stores)
        let records = try await stores.records(of: second.id)
        #expect(records.map(\.id) == ["0013", "1001", "42"])
        #expect(records.map(\.isInvalid) == [false, false, true])
        let why = try #require(records[2].error)
        #expect(why.contains("account_id was changed by a spreadsheet") && why.contains("line 4 of \(batch.name)"))
        #expect(!why.contains("42"))
        // What is sent is what stood in the first file, without the mark of the second.
        let request = try BuiltRecord.all(of: stores.folder.open(mended, named: "again.csv"))[1].request
        #expect(request?.contains(#""name":"=HYPERLINK(\"x\")""#) == true)
    }

    @Test(arguments: [
        (#""account_id":"0013""#, #""account_id":"13""#, "account_id"),
        (#""account_id":"0013""#, #""account_id":13"#, "account_id"),
        (
            #""user":{"account":{"hashedAccountId":"0013"},"email":"a"}"#,
            #""user":{"account":{"hashedAccountId":"13"},"email":"a"}"#, "user.account.hashedAccountId"
        ),
    ])
    func aLineOfJSONIsComparedAsWell(before: String, after: String, name: String) async throws {
        let stores = try await StoreFolder()
        let rest = before.contains("user") ? "" : #","email":"a""#
        let batch = try await takeIn("{\(before)\(rest)}\n", named: "a.jsonl", in: stores)
        let given = try await returned(batch, stores)
        let mended = given.replacing(#""email":"a""#, with: #""email":"a@example.com""#)
        #expect(mended.contains(#""_batch""#))
        let sound = try await takeIn(mended, named: "sound.jsonl", in: stores)
        #expect(try await stores.records(of: sound.id).map(\.isInvalid) == [false])
        let wrong = given.replacing(before, with: after).replacing(#""email":"a""#, with: #""email":"b@example.com""#)
        let changed = try await takeIn(wrong, named: "changed.jsonl", in: stores)
        let why = try #require(try await stores.records(of: changed.id).first?.error)
        #expect(why.contains("\(name) was changed by a spreadsheet") && why.contains("line 1 of \(batch.name)"))
    }

    @Test(arguments: [";old-9\n", ";\n", ";a-1;surplus\n"])
    func rowsOfLinesThatAreNotKnownHerePass(ending: String) async throws {
        let stores = try await StoreFolder()
        let text = "account_id;email;_status;_line;_batch\n13;a@example.com;failed;2" + ending
        let batch = try await takeIn(text, named: "failed.csv", in: stores)
        #expect(try await stores.records(of: batch.id).map(\.isInvalid) == [ending.contains("surplus")])
    }

    @Test func namesOfColumnsComeBackWithoutTheirMarks() async throws {
        let stores = try await StoreFolder()
        let mapping = FieldMapping(
            fields: [
                FieldRule(path: "user.account.hashedAccountId", source: .column("+account"), transforms: []),
                FieldRule(path: "user.email", source: .column("=mail"), transforms: []),
            ], recordID: "+account")
        let file = try stores.folder.open("+account,=mail\n-1,a@example.com\n", named: "a.csv", mapping: mapping)
        let rows = ReturnedRows(layout: file.layout)
        let bytes = rows.beginning + rows.line(Array("-1,b".utf8), status: "invalid", reason: "", line: 2, batch: "a-1")
        let text = String(decoding: bytes, as: UTF8.self)
        #expect(text.hasPrefix("'+account,'=mail,_status") && text.contains("\n'-1,b,"))
        let back = try stores.folder.open(
            text.replacing(",b,", with: ",b@example.com,"), named: "b.csv", mapping: mapping)
        #expect(try BuiltRecord.all(of: back).map(\.id) == ["-1"])
        #expect(try BuiltRecord.all(of: back).map(\.refusals) == [[]])
    }

    @Test func aCheckSeesItAsWell() async throws {
        let stores = try await StoreFolder()
        let batch = try await takeIn("account_id,email\n0013,a\n", named: "a.csv", in: stores)
        let mended = try await returned(batch, stores).replacing(",a,", with: ",a@example.com,")
        let past = FileSurvey.Past(store: stores.store, answeredSince: nil)
        let sound = try FileSurvey.survey(stores.folder.open(mended, named: "sound.csv").examine(), after: past)
        #expect(sound.invalid == 0)
        let changed = mended.replacing("0013", with: "13")
        let survey = try FileSurvey.survey(stores.folder.open(changed, named: "changed.csv").examine(), after: past)
        #expect(survey.invalid == 1 && survey.rules.first?.refusal.field == "account_id")
    }
}
