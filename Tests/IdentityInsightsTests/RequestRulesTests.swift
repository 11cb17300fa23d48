import IdentityInsights
import JSON
import Testing

struct RequestRulesTests {
    @Test("a request as the document shows it breaks no rule")
    func wholeExample() throws {
        let text = """
            {"device":{"ip":"2001:0db8:5b96:0000:0000:426f:8e17:642a","userAgent":"Mozilla/5.0","plugins":["Adobe \
            Acrobat","QuickTime"],"canvas":"e1af96a2e8af1115","webGl":"wg1-ce04533340ea94cf","timeZone":"600",\
            "screenResolution":"1024x820","screenWidth":1024,"screenHeight":820,"localStorage":true,\
            "buildManufacturer":"Apple","androidBuildVersion":"12","androidSdkInt":"31","buildFingerprint":"s/a:12",\
            "buildBrand":"Apple","supportedFeatures":["mhac"],"model":"iPhone","sdkUserAgent":"14.3.1.7",\
            "majorOsVersion":12,"minorOsVersion":0,"simCountryIso":"us","simOperator":"T-Mobile",\
            "primaryStorage":117027876864,"systemMemory":5847543808,"buildProduct":"beyond0qltesq",\
            "vendorAppId":"64BAA4F0","storedDeviceId":"wyett276tuygey6r","androidId":"38400000-8cf0","language":"zh-TW",\
            "colorDepth":24,"cookiesEnabled":true},"user":{"account":{"hashedAccountId":"3b5ed8ad",\
            "signupTime":"2020-12-31 13:45"},"name":"John Smith","email":"john.smith@mastercard.com",\
            "phone":{"countryHint":"US","number":"7785732875"},"address":{"streetLine1":"912 Uclan Dr",\
            "streetLine2":"Apt 32","city":"Houston","state":"TX","postalCode":"63124","country":"US"}},\
            "endCustomerRefId":"12345","placement":"Registration"}
            """
        #expect(try violations(text) == [])
    }

    @Test("rules of a whole request", arguments: cases)
    func wholeRequests(_ text: String, _ expected: [String]) throws {
        #expect(try violations(text) == expected)
    }

    @Test("every field refuses every other JSON type, naming path and type")
    func typeMismatches() throws {
        let values: [(JSONNode.Kind, String)] = [
            (.string, #""1""#), (.number, "1"), (.boolean, "true"), (.null, "null"), (.array, "[]"), (.object, "{}"),
        ]
        for field in RequestField.all {
            let right: JSONNode.Kind
            let rule: String
            switch field.kind {
            case .string: (right, rule) = (.string, "must be a string")
            case .integer: (right, rule) = (.number, "must be a whole number")
            case .boolean: (right, rule) = (.boolean, "must be true or false")
            case .stringArray: (right, rule) = (.array, "must be an array of strings")
            }
            for (kind, value) in values where kind != right {
                let found = try violations(document(field.path, value))
                #expect(found.contains("\(field.path) \(rule)"))
            }
        }
    }

    @Test(
        "cross-field rules need no values",
        arguments: [
            ([], ["user is required, with account and one of email and phone.number"]),
            (["placement", "endCustomerRefId"], ["user is required, with account and one of email and phone.number"]),
            (["user.account.hashedAccountId", "user.email"], []),
            (["user.account.hashedAccountId", "user.phone.number"], []),
            (["user.account.signupTime", "user.email"], []),
            (["user.account.hashedAccountId"], [noContact]),
            (["user.account.hashedAccountId", "user.phone.countryHint"], [noContact]),
            (["user.email"], ["user.account is required"]),
            (["user.name"], ["user.account is required", noContact]),
            (["user.account.hashedAccountId", "user.email", "device.ip"], []),
            (["user.account.hashedAccountId", "user.email", "device.ip", "device.userAgent"], []),
            (["user.account.hashedAccountId", "user.email", "device.userAgent"], []),
            (["user.account.hashedAccountId", "user.email", "device.timeZone"], [noIP, noUserAgent]),
            (["user.account.hashedAccountId", "user.email", "device.ip", "device.timeZone"], [noUserAgent]),
            (["user.account.hashedAccountId", "user.email", "device.userAgent", "device.timeZone"], [noIP]),
            (
                ["user.account.hashedAccountId", "user.email", "device.ip", "device.userAgent", "device.screenWidth"],
                []
            ),
        ])
    func crossField(_ paths: [String], _ expected: [String]) throws {
        var present = RequestFieldSet()
        for path in paths { present.insert(try #require(RequestField.named(path)).index) }
        #expect(RequestRules.violations(present: present).map(\.description) == expected)
    }

    @Test(
        "a user agent without an IP address is noted",
        arguments: [
            (["device.userAgent"], true), (["device.userAgent", "device.ip"], false), (["device.ip"], false),
            ([], false),
        ])
    func userAgentAlone(_ paths: [String], _ isNoted: Bool) throws {
        var present = RequestFieldSet()
        for path in paths { present.insert(try #require(RequestField.named(path)).index) }
        #expect((RequestRules.note(present: present)?.path == "device.userAgent") == isNoted)
    }

    @Test("an unknown device field asks for ip and user agent like a known one")
    func unknownDeviceField() throws {
        var present = RequestFieldSet()
        for path in ["user.account.hashedAccountId", "user.email", "device.ip"] {
            present.insert(try #require(RequestField.named(path)).index)
        }
        present.insert(RequestFieldSet.unknownDeviceField)
        #expect(RequestRules.violations(present: present).map(\.description) == [Self.noUserAgent])
    }

    private static let noContact = "user.email is required where user.phone.number is not given"
    private static let noIP = "device.ip is required where any other device field is given"
    private static let noUserAgent = "device.userAgent is required where any other device field is given"
    private static let user = #""user":{"account":{"hashedAccountId":"a1"},"email":"a@b.c"}"#

    private static let cases: [(String, [String])] = [
        ("{\(user)}", []),
        ("{\(user),\"device\":{}}", []),
        ("[]", ["request must be a JSON object"]),
        ("\"x\"", ["request must be a JSON object"]),
        ("{}", ["user is required, with account and one of email and phone.number"]),
        (#"{"user":{}}"#, ["user is required, with account and one of email and phone.number"]),
        (#"{"user":[]}"#, ["user must be an object"]),
        (#"{"user":{"account":{},"email":"a@b.c"}}"#, ["user.account is required"]),
        (#"{"user":{"account":"a1","email":"a@b.c"}}"#, ["user.account must be an object"]),
        (
            #"{"user":{"account":1.5}}"#,
            [
                "user.account must be an object", "user.email is required where user.phone.number is not given",
            ]
        ),
        (
            #"{"user":{"account":{"hashedAccountId":17},"email":"a@b.c"}}"#,
            ["user.account.hashedAccountId must be a string"]
        ),
        (#"{"user":{"account":{"hashedAccountId":"a1"},"email":null}}"#, ["user.email must be a string"]),
        (
            #"{"user":{"account":{"hashedAccountId":"a1"},"email":"\u0061b"}}"#,
            ["user.email must be 3 to 254 characters"]
        ),
        (#"{"user":{"account":{"hashedAccountId":"a1","level":3},"email":"a@b.c","age":7,"x":{"y":[1]}}}"#, []),
        ("{\(user),\"device\":{\"ip\":\"1.2.3.4\",\"gpu\":true}}", [noUserAgent]),
        ("{\(user),\"device\":{\"gpu\":{\"ip\":1}}}", [noIP, noUserAgent]),
        ("{\(user),\"device\":{\"userAgent\":\"M\"}}", []),
        (
            "{\(user),\"device\":{\"ip\":\"1.2.3\",\"userAgent\":\"M\",\"colorDepth\":1.5,\"cookiesEnabled\":\"true\"}}",
            [
                "device.ip must be an IPv4 or IPv6 address", "device.colorDepth must be a whole number from 0 to 999",
                "device.cookiesEnabled must be true or false",
            ]
        ),
        (
            "{\(user),\"device\":{\"ip\":\"::1\",\"userAgent\":\"M\",\"plugins\":[\"a\",1,null]}}",
            ["device.plugins[1] must be a string", "device.plugins[2] must be a string"]
        ),
        ("{\(user),\"device\":null}", ["device must be an object"]),
        ("{\(user),\"id\":\"7\"}", ["id is not known at the top of a request"]),
        ("{\(user),\"user.email\":\"x\"}", ["user.email is not known at the top of a request"]),
        (
            "{\(user),\"jane@example.com\":1,\"\":2}",
            ["a member is not known at the top of a request", "a member is not known at the top of a request"]
        ),
        (
            "{\(user),\"endCustomerRefId\":\"\",\"placement\":5}",
            ["endCustomerRefId must be 1 to 40 characters", "placement must be a string"]
        ),
    ]

    private func document(_ path: String, _ value: String) -> String {
        path.split(separator: ".").reversed().reduce(value) { "{\"\($1)\":\($0)}" }
    }

    private func violations(_ text: String) throws -> [String] {
        RequestRules.violations(in: try JSONDocument(parsing: Array(text.utf8)).root).map(\.description)
    }
}
