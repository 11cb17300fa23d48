import IdentityInsights
import Testing

@Suite("Which values look like payment card numbers")
struct CardNumberTests {
    /// Numbers that brands and payment services publish for tests.
    static let published = [
        // Visa, of 13, 16 and 19 digits.
        "4222222222222", "4111111111111111", "4012888888881881", "4242424242424242", "4917610000000000003",
        // Mastercard, both ranges.
        "5555555555554444", "5105105105105100", "5200828282828210", "2223003122003222", "2223000048400011",
        // American Express.
        "378282246310005", "371449635398431", "378734493671000", "341111111111111",
        // Diners Club, of 14 and 16 digits.
        "30569309025904", "38520000023237", "36227206271667", "3056930009020004",
        // Discover, JCB, UnionPay.
        "6011111111111117", "6011000990139424", "3530111333300000", "3566002020360505", "6200000000000005",
        "6205500000000000004", "6250941006528599",
        // Maestro, Dankort, Elo, Hipercard.
        "6759649826438453", "6771798021000008", "5019717010103742", "5066991111111118", "6062828888666688",
    ]

    @Test("The brands' published test numbers do", arguments: published)
    func match(number: String) {
        #expect(Self.matches(number) && Self.matches(number, .account) && Self.matches(number, .email))
        let changed = String(number.dropLast()) + (number.hasSuffix("0") ? "1" : "0")
        #expect(!Self.matches(changed), "wrong check digit")
        #expect(!Self.matches(number + "0000000") && !Self.matches(String(number.dropLast())), "wrong length")
    }

    @Test(
        "Blanks and hyphens between the digits do not hide it",
        arguments: [
            "4242 4242 4242 4242", "4242-4242-4242-4242", " 4242424242424242 ", "3782 822463 10005",
            "4 2424242424242 42",
            "4242\u{A0}4242\u{202F}4242\u{2009}4242", "4242\u{2010}4242\u{2013}4242\u{2212}4242",
            "\u{A0}4242424242424242",
        ])
    func grouped(value: String) {
        #expect(Self.matches(value))
    }

    @Test(
        "What is not the whole value, or of no brand, does not",
        arguments: [
            "", "0", "card 4242424242424242", "4242424242424242x", "4242.4242.4242.4242", "4242_4242_4242_4242",
            "+4242424242424242", "-4242424242424242", "'4242424242424242", "42424242424242424242424242",
            "0000000000000000",
            // Right check digits without a brand's prefix, or with one of another length.
            "1000000000000008", "7000000000000005", "424242424242", "340000000000008", "37828224631000500",
            "４242424242424242", "           -           ", "Żółć",
        ])
    func others(value: String) {
        #expect(!Self.matches(value))
    }

    @Test(
        "In a phone number's field, up to 15 digits and what begins with a + are a phone number",
        arguments: [
            ("378282246310005", false), ("4222222222222", false), ("+4242424242424242", false),
            ("4242424242424242", true), ("4242 4242 4242 4242", true), ("6205500000000000004", true),
        ])
    func phone(value: String, isCard: Bool) {
        #expect(Self.matches(value, .phone) == isCard)
    }

    private static func matches(_ value: String, _ role: FieldRole = .text) -> Bool {
        Array(value.utf8).withUnsafeBytes { CardNumber.matches($0, as: role) }
    }
}
