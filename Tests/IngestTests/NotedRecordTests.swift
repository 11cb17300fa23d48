import TestSupport
import Testing

@testable import Ingest

/// What the API takes and says something about: it is sent, and noted.
struct NotedRecordTests {
    private static let text =
        "account_id,email,phone_number,phone_country,ip,user_agent\n"
        + "1,a@example.com,,,,Mozilla/5.0\n2,,5551234567,USA,,\n3,c@example.com,5551234567,us,::1,Mozilla/5.0\n"

    @Test
    func aUserAgentWithoutAnIPAndAStrangeCountryHintAreSent() throws {
        let built = try BuiltRecord.all(of: Self.text)
        #expect(built.allSatisfy { $0.request != nil && $0.refusals.isEmpty })
        #expect(built.first?.request?.contains(#""device":{"userAgent":"Mozilla/5.0"}"#) == true)
        #expect(built[1].request?.contains(#""countryHint":"USA""#) == true)
    }

    private static let notes = [
        "user_agent (device.userAgent) is given without ip (device.ip): no IP and device insights come of it",
        "phone_country (user.phone.countryHint) is no country code of two letters: the API does not use it",
    ]

    @Test
    func bothAreNotedWithTheirLines() async throws {
        let stores = try await StoreFolder()
        let examined = try stores.folder.open(Self.text).examine()
        let survey = try FileSurvey.survey(examined)
        #expect(survey.notes.map(\.refusal.description) == Self.notes)
        #expect(survey.notes.map(\.lines) == [[2], [3]] && survey.invalid == 0)
        let batch = try await stores.createBatch(for: examined)
        let summary = try await Ingester(store: stores.store).ingest(examined, into: batch)
        #expect(summary.notes == survey.notes)
    }

    @Test
    func theAPIsShapeIsNotedByItsPaths() throws {
        let folder = try TemporaryFolder()
        let lines = [
            #"{"user":{"account":{"hashedAccountId":"h"},"email":"a@example.com"},"device":{"userAgent":"M"}}"#,
            #"{"user":{"account":{"hashedAccountId":"h"},"phone":{"number":"5551234567","countryHint":"USA"}}}"#,
        ]
        let survey = try FileSurvey.survey(
            folder.open(lines.joined(separator: "\n"), named: "a.jsonl").examine())
        #expect(
            survey.notes.map(\.refusal.description) == [
                "device.userAgent is given without device.ip: no IP and device insights come of it",
                "user.phone.countryHint is no country code of two letters: the API does not use it",
            ])
        #expect(survey.invalid == 0)
    }

    @Test
    func anotherDeviceFieldStillNeedsBoth() throws {
        let built = try BuiltRecord.all(
            of: "account_id,email,user_agent,time_zone\n1,a@example.com,M,600\n2,a@example.com,,600\n")
        #expect(
            built.map(\.refusals) == [
                ["device.ip is required where any other device field is given"],
                [
                    "device.ip is required where any other device field is given",
                    "user_agent (device.userAgent) is required where any other device field is given",
                ],
            ])
    }
}
