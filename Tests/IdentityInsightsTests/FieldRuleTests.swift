import IdentityInsights
import Testing

struct FieldRuleTests {
    @Test("values that keep the field's rules pass", arguments: kept)
    func keeps(_ path: String, _ value: String) throws {
        #expect(try violation(path, value) == nil)
    }

    @Test("values that break a rule are refused", arguments: broken)
    func breaks(_ path: String, _ value: String) throws {
        #expect(try violation(path, value) != nil)
    }

    @Test(
        "lengths count characters, not bytes, and the bounds are inside",
        arguments: [
            ("user.email", 3, 254), ("endCustomerRefId", 1, 40), ("user.address.state", 1, 3),
            ("device.canvas", 0, 999),
            ("device.webGl", 0, 999), ("user.address.streetLine1", 0, 1000), ("user.address.streetLine2", 0, 1000),
            ("user.address.city", 0, 500), ("user.address.postalCode", 0, 100),
        ])
    func lengths(_ path: String, _ least: Int, _ greatest: Int) throws {
        for character in ["a", "é", "日", "😀"] {
            #expect(try violation(path, String(repeating: character, count: least)) == nil)
            #expect(try violation(path, String(repeating: character, count: greatest)) == nil)
            #expect(try violation(path, String(repeating: character, count: greatest + 1)) != nil)
            if least > 0 {
                #expect(try violation(path, String(repeating: character, count: least - 1)) != nil)
            }
        }
    }

    @Test("at the lengths that are called sound no text breaks a rule", arguments: ["a", "é", "日", "😀"])
    func soundByteCounts(_ character: String) throws {
        var fields = 0
        for field in RequestField.all {
            guard let sound = field.rules.soundByteCounts else { continue }
            fields += 1
            for count in sound where count % character.utf8.count == 0 {
                let text = Array(String(repeating: character, count: count / character.utf8.count).utf8)
                #expect(text.withUnsafeBytes(field.rules.broken) == nil, "\(field.path), \(count) bytes")
            }
        }
        #expect(fields == 9)
    }

    @Test("the rule says the bounds")
    func ruleTexts() throws {
        #expect(try violation("user.email", "a") == "must be 3 to 254 characters")
        #expect(
            try violation("user.address.city", String(repeating: "x", count: 501)) == "must be at most 500 characters")
        #expect(try violation("device.colorDepth", "1000") == "must be a whole number from 0 to 999")
        #expect(try violation("device.screenWidth", "-1") == "must be a whole number from 0")
        #expect(try violation("device.majorOsVersion", "x") == "must be a whole number")
    }

    @Test(
        "a country hint that is no code is noted and no fault",
        arguments: [("us", false), ("USA", true), ("", true), ("U1", true)])
    func countryHint(_ value: String, _ isNoted: Bool) throws {
        let field = try #require(RequestField.named("user.phone.countryHint"))
        #expect(try violation("user.phone.countryHint", value) == nil)
        #expect((Array(value.utf8).withUnsafeBytes(field.note) != nil) == isNoted)
    }

    @Test("fields whose values name somebody or something have a role of their own")
    func roles() {
        let roles = RequestField.all.filter { $0.role != .text }.map { ($0.path, $0.role) }
        #expect(
            Dictionary(uniqueKeysWithValues: roles) == [
                "user.account.hashedAccountId": .account, "user.email": .email, "user.phone.number": .phone,
                "endCustomerRefId": .identifier, "device.androidId": .identifier, "device.storedDeviceId": .identifier,
                "device.vendorAppId": .identifier,
            ])
    }

    private func violation(_ path: String, _ value: String) throws -> String? {
        let field = try #require(RequestField.named(path))
        return Array(value.utf8).withUnsafeBytes(field.violation)
    }

    private static let kept: [(String, String)] = [
        ("user.account.hashedAccountId", "3b5ed8ad6a408f42015254dd4b116080289038d41c311332e3c00be60f884370"),
        ("user.account.hashedAccountId", "12E5"),
        ("user.account.signupTime", "2020-12-31 13:45"),
        ("user.account.signupTime", "2024-02-29 00:00"),
        ("user.account.signupTime", "2000-02-29 23:59"),
        ("user.name", ""),
        ("user.name", "Zoë 山田 👩‍👩‍👧"),
        ("user.email", "a@b"),
        ("user.phone.number", "7785732875"),
        ("user.phone.number", "+44-20-7946-0018"),
        ("user.phone.number", "5551234x99"),
        ("user.phone.number", "5551234x"),
        ("user.phone.number", "-1-"),
        ("user.phone.countryHint", "us"),
        ("user.address.country", "US"),
        ("user.address.country", "zZ"),
        ("device.ip", "192.168.0.1"),
        ("device.ip", "255.255.255.255"),
        ("device.ip", "2001:0db8:5b96:0000:0000:426f:8e17:642a"),
        ("device.ip", "::"),
        ("device.ip", "::1"),
        ("device.ip", "2001:DB8::1"),
        ("device.ip", "::ffff:192.0.2.128"),
        ("device.ip", "ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255"),
        ("device.userAgent", "Mozilla/5.0 (compatible; MSIE 10.0)"),
        ("device.userAgent", " x"),
        ("device.userAgent", "\u{A0}日"),
        ("device.userAgent", "a\tb"),
        ("device.timeZone", "600"),
        ("device.timeZone", "-330"),
        ("device.timeZone", "0"),
        ("device.timeZone", "-000"),
        ("device.screenResolution", "1024x820"),
        ("device.screenResolution", " 1024 x 820 24 "),
        ("device.screenResolution", "1x1"),
        ("device.screenResolution", "\t1024\nx\r820\u{B}"),
        ("device.language", "en"),
        ("device.language", "zh-TW"),
        ("device.language", "zh-Hant-TW-x-0123456789"),
        ("device.language", "deu"),
        ("device.colorDepth", "0"),
        ("device.colorDepth", "999"),
        ("device.colorDepth", "-0"),
        ("device.primaryStorage", "9223372036854775807"),
        ("device.systemMemory", "-9223372036854775808"),
        ("device.screenHeight", "1080"),
        ("device.cookiesEnabled", "true"),
        ("device.localStorage", "false"),
        ("device.plugins", "anything"),
        ("placement", ""),
        ("endCustomerRefId", "12345"),
    ]

    private static let broken: [(String, String)] = [
        ("user.account.hashedAccountId", ""),
        ("user.account.signupTime", ""),
        ("user.account.signupTime", "2020-12-31"),
        ("user.account.signupTime", "2020-12-31T13:45"),
        ("user.account.signupTime", "2020-12-31 13:45:00"),
        ("user.account.signupTime", "2020-12-31 13:45Z"),
        ("user.account.signupTime", "2020-12-31 24:00"),
        ("user.account.signupTime", "2020-12-31 13:60"),
        ("user.account.signupTime", "2021-02-29 13:45"),
        ("user.account.signupTime", "1900-02-29 13:45"),
        ("user.account.signupTime", "2020-04-31 13:45"),
        ("user.account.signupTime", "2020-00-10 13:45"),
        ("user.account.signupTime", "2020-13-10 13:45"),
        ("user.account.signupTime", "2020-10-00 13:45"),
        ("user.account.signupTime", "31-12-2020 13:45"),
        ("user.account.signupTime", "2020/12/31 13:45"),
        ("user.account.signupTime", "+020-12-31 13:45"),
        ("user.account.signupTime", "2020-12-31  3:45"),
        ("user.account.signupTime", "２020-12-31 13:4"),
        ("user.phone.number", ""),
        ("user.phone.number", "+"),
        ("user.phone.number", "x12"),
        ("user.phone.number", "---"),
        ("user.phone.number", "(555) 123-4567"),
        ("user.phone.number", "555 1234"),
        ("user.phone.number", "++1555"),
        ("user.phone.number", "1555+"),
        ("user.phone.number", "555X12"),
        ("user.phone.number", "555x12x"),
        ("user.phone.number", "555x1-2"),
        ("user.phone.number", "１２３"),
        ("user.phone.number", "555\n"),
        ("user.address.country", "U"),
        ("user.address.country", "U1"),
        ("user.address.country", "é"),
        ("user.address.country", "@["),
        ("user.address.state", ""),
        ("user.email", ""),
        ("device.ip", ""),
        ("device.ip", "1.2.3"),
        ("device.ip", "1.2.3.4.5"),
        ("device.ip", "1.2.3.256"),
        ("device.ip", "01.2.3.4"),
        ("device.ip", " 1.2.3.4"),
        ("device.ip", "1.2.3.4 "),
        ("device.ip", "1.2.3.4\0"),
        ("device.ip", "1.2.3.4:80"),
        ("device.ip", "1.2.3.4/8"),
        ("device.ip", ":::"),
        ("device.ip", "1::2::3"),
        ("device.ip", "2001:db8::g"),
        ("device.ip", "[::1]"),
        ("device.ip", "fe80::1%eth0"),
        ("device.ip", "1:2:3:4:5:6:7"),
        ("device.ip", "1:2:3:4:5:6:7:8:9"),
        ("device.ip", "localhost"),
        ("device.ip", "00001:2:3:4:5:6:7:8"),
        ("device.ip", "ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.2555"),
        ("device.userAgent", ""),
        ("device.userAgent", " "),
        ("device.userAgent", " \t\u{B}\u{C}"),
        ("device.userAgent", "\u{A0}\u{3000}\u{FEFF}"),
        ("device.userAgent", "Mozilla\nX"),
        ("device.userAgent", "Mozilla\r"),
        ("device.userAgent", "Mozilla\u{2028}X"),
        ("device.userAgent", "Mozilla\u{85}"),
        ("device.timeZone", ""),
        ("device.timeZone", "-"),
        ("device.timeZone", "+60"),
        ("device.timeZone", "1.5"),
        ("device.timeZone", "UTC"),
        ("device.timeZone", "60\n"),
        ("device.timeZone", "--60"),
        ("device.screenResolution", ""),
        ("device.screenResolution", "1024"),
        ("device.screenResolution", "1024X820"),
        ("device.screenResolution", "1024×820"),
        ("device.screenResolution", "x820"),
        ("device.screenResolution", "1024x"),
        ("device.screenResolution", "1024x820 24 8"),
        ("device.screenResolution", "1024x820p"),
        ("device.screenResolution", "-1024x820"),
        ("device.language", ""),
        ("device.language", "engl"),
        ("device.language", "en-"),
        ("device.language", "-en"),
        ("device.language", "en_US"),
        ("device.language", "en--US"),
        ("device.language", "en-12345678901"),
        ("device.language", "e1"),
        ("device.language", "en "),
        ("device.language", "dé"),
        ("device.colorDepth", ""),
        ("device.colorDepth", "-"),
        ("device.colorDepth", "-1"),
        ("device.colorDepth", "1000"),
        ("device.colorDepth", "024"),
        ("device.colorDepth", "24.0"),
        ("device.colorDepth", "+24"),
        ("device.colorDepth", "2 4"),
        ("device.primaryStorage", "9223372036854775808"),
        ("device.systemMemory", "-9223372036854775809"),
        ("device.majorOsVersion", "1e3"),
        ("device.screenWidth", "-1"),
        ("device.cookiesEnabled", "TRUE"),
        ("device.cookiesEnabled", "1"),
        ("device.localStorage", ""),
        ("endCustomerRefId", ""),
    ]
}
