import IdentityInsights
import Testing

struct RecordWordsTests {
    private static let words = RecordWords(
        ofRequest: Array(
            #"""
            {"user":{"account":{"hashedAccountId":"3b5ed8ad6a408f42"},"name":"Ada O'Stone","email":"ada.stone@example.com",
            "phone":{"number":"+14155550100"},"address":{"city":"Key West","streetLine1":"12 Name Street"}}}
            """#.utf8))

    @Test(
        "codes and names that say nothing of the record are shown",
        arguments: [
            "VALIDATION_ERROR", "INVALID_EMAIL", "E1", "user", "street_line1", "ERR_4012", "_", "A",
            String(repeating: "a", count: 64),
        ])
    func shown(_ name: String) {
        #expect(Self.words.mayShow(name))
    }

    @Test(
        "what repeats a value or a word of one is not",
        arguments: [
            "Ada", "STONE", "ada_stone", "AdaStone", "adastone", "INVALID_stone", "example", "14155550100",
            "4155550100",
            "ERR_4155550100", "3b5ed8ad6a408f42", "West", "USER_OSTONE",
        ])
    func hidden(_ name: String) {
        #expect(!Self.words.mayShow(name))
    }

    @Test(
        "another form is not shown whatever it says",
        arguments: [
            "", "a-b", "user.email", "NOT FOUND", "a@b", "é", "a\n", String(repeating: "a", count: 65),
        ])
    func otherForms(_ name: String) {
        #expect(!Self.words.mayShow(name))
        #expect(!RecordWords.hasForm(name))
    }

    @Test("where the request cannot be read nothing is shown")
    func unreadable() {
        #expect(!RecordWords(ofRequest: Array("{".utf8)).mayShow("VALIDATION_ERROR"))
    }
}
