import Foundation
import IdentityInsights
import RecordStore
import TestSupport
import Testing

@testable import Ingest

@Suite("Lines that hold what looks like a payment card number")
struct CardNumberLinesTests {
    private static let card = "4242 4242 4242 4242"
    private static let digits = "4242424242424242"

    @Test(
        "In a field that is sent it makes the line invalid, in CSV",
        arguments: [
            ("name", "name (user.name)"), ("email", "email (user.email)"), ("city", "city (user.address.city)"),
            ("phone_number", "phone_number (user.phone.number)"), ("user_agent", "user_agent (device.userAgent)"),
            ("postal_code", "postal_code (user.address.postalCode)"), ("user.nickname", "user.nickname"),
        ])
    func column(name: String, subject: String) throws {
        let contact = name == "email" ? "language" : "email"
        let built = try BuiltRecord.all(
            of: "account_id,\(contact),\(name)\nA1,,\(Self.card)\nA2,,\"\(Self.digits)\"\n")
        #expect(built.count == 2 && built.allSatisfy { $0.request == nil })
        for line in built {
            #expect(line.refusals.contains("\(subject) \(CardNumber.rule)"), "\(line.refusals)")
            #expect(!line.refusals.joined().contains("4242"))
        }
    }

    @Test("In JSON lines of either shape, as text, as a number, in a list and below an unknown name")
    func members() throws {
        let account = #""account":{"hashedAccountId":"h"},"email":"a@example.com""#
        let built = try BuiltRecord.all(
            of: [
                #"{"user":{\#(account),"name":"\#(Self.card)"}}"#,
                #"{"user":{\#(account),"nickname":"\#(Self.card)"}}"#,
                #"{"user":{\#(account),"\#(Self.digits)":\#(Self.digits)}}"#,
                #"{"user":{\#(account)},"device":{"ip":"192.0.2.1","userAgent":"U","plugins":["a","\#(Self.card)"]}}"#,
                #"{"user":{\#(account)},"device":{"ip":"192.0.2.1","userAgent":"U","x":[{"y":\#(Self.digits)}]}}"#,
                #"{"account_id":"1","email":"a@example.com","name":"\#(Self.card)"}"#,
                #"{"account_id":"1","email":"a@example.com","phone_number":"\#(Self.digits)"}"#,
            ].joined(separator: "\n"), named: "a.jsonl")
        let (rule, inner) = (CardNumber.rule, CardNumber.innerRule)
        #expect(
            built.map(\.refusals) == [
                ["user.name \(rule)"], ["user \(inner)"], ["user \(inner)"], ["device.plugins \(inner)"],
                ["device \(inner)"], ["name (user.name) \(rule)"], ["phone_number (user.phone.number) \(rule)"],
            ])
    }

    @Test("What a transform or a join makes of the cells is looked at, too, and what it hides")
    func transformed() throws {
        let mapping = FieldMapping(fields: [
            FieldRule(path: "user.account.hashedAccountId", source: .column("id"), transforms: [.sha256]),
            FieldRule(path: "user.email", source: .column("mail")),
            FieldRule(path: "user.name", source: .columns(["first", "last"], join: " ")),
            FieldRule(path: "user.address.city", source: .column("city"), transforms: [.digits]),
            FieldRule(path: "user.address.streetLine1", source: .column("street"), transforms: [.sha256]),
            FieldRule(path: "device.plugins", source: .column("list")),
        ])
        let built = try BuiltRecord.all(
            of: """
                id,mail,first,last,city,street,list
                1,a@example.com,4242 4242,4242 4242,,,
                1,a@example.com,Ada,L,no. 4242/4242/4242/4242,,
                1,a@example.com,Ada,L,,\(Self.card),
                1,a@example.com,Ada,L,,,a|\(Self.card)
                1,a@example.com,Ada,L,,,

                """, mapping: mapping)
        #expect(
            built.map(\.refusals.first) == [
                "first + last (user.name) \(CardNumber.rule)", "city (user.address.city) \(CardNumber.rule)",
                "street (user.address.streetLine1) \(CardNumber.rule)", "list (device.plugins) \(CardNumber.innerRule)",
                nil,
            ])
    }

    @Test("As an id or account it is counted, once a line, and not told in a refusal")
    func counted() async throws {
        let text = """
            id,account_id,email
            1,A1,a@example.com
            2,\(Self.digits),b@example.com
            \(Self.card),A3,c@example.com
            \(Self.card),\(Self.digits),d@example.com
            \(Self.card),A5,no
            """
        let folder = try TemporaryFolder()
        let survey = try FileSurvey.survey(try folder.open(text).examine())
        #expect(survey.records == 5 && survey.invalid == 1 && survey.cardLikeIDs == 3)
        let shapes = [
            #"{"id":\#(Self.digits),"user":{"account":{"hashedAccountId":"h"},"email":"a@example.com"}}"#,
            #"{"user":{"account":{"hashedAccountId":\#(Self.digits)},"email":"a@example.com"}}"#,
            #"{"endCustomerRefId":"\#(Self.card)","user":{"account":{"hashedAccountId":"h"},"email":"a@example.com"}}"#,
            #"{"user":{"account":{"hashedAccountId":"h"},"email":"a@example.com"}}"#,
        ].joined(separator: "\n")
        let shaped = try FileSurvey.survey(try folder.open(shapes, named: "b.jsonl").examine())
        #expect(shaped.records == 4 && shaped.invalid == 0 && shaped.cardLikeIDs == 3)

        let stores = try await StoreFolder()
        let examined = try folder.open(text).examine()
        let batch = try await stores.createBatch(for: examined)
        // Two records a chunk: the count adds up over transactions.
        let size = IngestFeed.ChunkSize(records: 2, bytes: 1 << 20)
        _ = try await Ingester(store: stores.store, chunkSize: size).ingest(examined, into: batch)
        #expect(try await stores.store.batch(batch.id).cardLikeIDs == 3)
    }

    @Test("allow_card_numbers lets all pass, and so do layouts from before the rule")
    func allowed() throws {
        let text = "id,account_id,email,name\n\(Self.card),\(Self.digits),a@example.com,\(Self.card)\n"
        let mapping = FieldMapping(values: ValueRules(refusesCardNumbers: false))
        #expect(try BuiltRecord.all(of: text, mapping: mapping).first?.request?.contains(Self.card) == true)
        let survey = try FileSurvey.survey(try TemporaryFolder().open(text, mapping: mapping).examine())
        #expect(survey.invalid == 0 && survey.cardLikeIDs == 0)
        let stored = #"{"trims":true,"checksSpreadsheets":true,"placeholders":[],"absentTexts":[]}"#
        #expect(try JSONDecoder().decode(ValueRules.self, from: Data(stored.utf8)).refusesCardNumbers == false)
    }
}
