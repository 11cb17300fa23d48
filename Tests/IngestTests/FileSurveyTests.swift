import Foundation
import OpenSSL
import TestSupport
import Testing

@testable import Ingest

struct FileSurveyTests {
    @Test
    func countsRecordsRefusalsAndRepeats() throws {
        let text = """
            id,hashed_account_id,email,country
            1,h1,a@example.com,US
            2,h2,x,USA
            3,h1,a@example.com,US
            1,h3,y,DE
            5,h4,b@example.com,USA
            6,h5,c@example.com

            """
        let examined = try TemporaryFolder().open(text).examine()
        let survey = try FileSurvey.survey(examined)
        #expect(survey.name == "accounts.csv")
        #expect(survey.contentDigest == (try SHA256.digest(Array(text.utf8))))
        #expect(survey.records == 6 && survey.invalid == 4 && survey.billableCalls == 1)
        #expect(survey.duplicateRequests == 1 && survey.duplicateIDs == 1)
        #expect(survey.rules.map(\.refusal.field) == ["user.address.country", "user.email", nil])
        #expect(survey.rules.map(\.count) == [2, 2, 1])
        #expect(survey.rules.map(\.lines) == [[3, 6], [3, 5], [7]])
    }

    @Test
    func keepsTheFirstTenLinesOfARule() throws {
        let rows = String(repeating: "h,x\n", count: 25)
        let survey = try FileSurvey.survey(TemporaryFolder().open("hashed_account_id,email\n\(rows)").examine())
        #expect(survey.rules.map(\.count) == [25])
        #expect(survey.rules.first?.lines == Array(2...11))
    }

    @Test
    func keepsABoundedNumberOfRules() throws {
        let rows = (0..<300).map { "{\"account_id\":\"A\",\"email\":\"a@example.com\",\"member\($0)x\":1}" }
        let text = (["{\"account_id\":\"A\",\"email\":\"a@example.com\"}"] + rows).joined(separator: "\n")
        let survey = try FileSurvey.survey(TemporaryFolder().open(text, named: "a.jsonl").examine())
        #expect(survey.invalid == 300 && survey.rules.count == 201)
        #expect(survey.rules.first?.count == 100)
    }

    @Test
    func theSurveyOfAHeaderAloneIsEmpty() throws {
        let survey = try FileSurvey.survey(TemporaryFolder().open("account_id,email\n").examine())
        #expect(survey.records == 0 && survey.billableCalls == 0 && survey.rules.isEmpty)
    }
}
