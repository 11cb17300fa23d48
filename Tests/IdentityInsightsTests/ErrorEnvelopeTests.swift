import IdentityInsights
import Testing

struct ErrorEnvelopeTests {
    @Test("the API's own example is read")
    func example() throws {
        let envelope = try #require(
            ErrorEnvelope(
                parsing: Array(
                    #"""
                    {"Errors":{"Error":[{"Source":"IIA","ReasonCode":"VALIDATION_ERROR","Description":"Invalid Format",
                    "Recoverable":false,"Details":"user.account.signupDate, device.ip"}]}}
                    """#.utf8)))
        let error = try #require(envelope.errors.first)
        #expect(envelope.errors.count == 1)
        #expect(error.source == "IIA")
        #expect(error.reasonCode == "VALIDATION_ERROR")
        #expect(error.description == "Invalid Format")
        #expect(error.recoverable == false)
        #expect(error.details == "user.account.signupDate, device.ip")
        #expect(error.fieldNames == ["user.account.signupDate", "device.ip"])
        #expect(!error.mentionsEncryption)
        #expect(envelope.recoverable == false)
    }

    @Test(
        "Recoverable is read in the forms gateways write",
        arguments: [
            ("true", true), ("false", false), (#""true""#, true), (#""false""#, false), (#""TRUE""#, true),
            (#""False""#, false),
            ("null", nil), (#""yes""#, nil), ("1", true), ("0", false), ("1.5", true), (#""""#, nil), ("[]", nil),
            ("{}", nil),
        ] as [(String, Bool?)])
    func recoverable(_ value: String, _ expected: Bool?) throws {
        let text = #"{"Errors":{"Error":[{"Source":"S","Recoverable":\#(value)}]}}"#
        let envelope = try #require(ErrorEnvelope(parsing: Array(text.utf8)))
        #expect(envelope.errors.first?.recoverable == expected)
        #expect(envelope.recoverable == expected)
    }

    @Test(
        "one recoverable error makes the answer recoverable",
        arguments: [
            ([], nil), (["false"], false), (["false", "true"], true), (["true", "false"], true),
        ] as [([String], Bool?)])
    func severalErrors(_ values: [String], _ expected: Bool?) throws {
        let errors = [#"{"Source":"S"}"#] + values.map { #"{"Recoverable":\#($0)}"# }
        let text = #"{"Errors":{"Error":[\#(errors.joined(separator: ","))]}}"#
        let envelope = try #require(ErrorEnvelope(parsing: Array(text.utf8)))
        #expect(envelope.errors.count == values.count + 1)
        #expect(envelope.recoverable == expected)
    }

    @Test("a fault of form or the case of a name is no reason to take an error body for a gateway's")
    func faultsOfForm() throws {
        let errors = #"{"Errors":{"Error":{"ReasonCode":"X","RECOVERABLE":"True","Description":"|\ud83d"}}}"#
        for text in ["\u{FEFF}" + errors, errors, errors + "\n\0", errors.replacing("|", with: "\t")] {
            let envelope = try #require(ErrorEnvelope(parsing: Array(text.utf8)))
            #expect(envelope.errors.map(\.reasonCode) == ["X"])
            #expect(envelope.recoverable == true)
        }
    }

    @Test("a single error without its list is read")
    func singleObject() throws {
        let text = #"{"Errors":{"Error":{"ReasonCode":"X","Details":null,"Extra":[1]}},"more":1}"#
        let envelope = try #require(ErrorEnvelope(parsing: Array(text.utf8)))
        #expect(envelope.errors.map(\.reasonCode) == ["X"])
        #expect(envelope.errors.first?.details == nil)
    }

    @Test(
        "anything else is no error body of the API",
        arguments: [
            "", "{}", "[]", "null", "<html><body>400 No required SSL certificate was sent</body></html>", "Bad Request",
            #"{"Errors":{}}"#, #"{"Errors":[]}"#, #"{"Errors":{"Error":[]}}"#, #"{"Errors":{"Error":{}}}"#,
            #"{"Errors":{"Error":"x"}}"#, #"{"Errors":{"Error":["x"]}}"#, #"{"Errors":{"Error":[{"Source":"S"},1]}}"#,
            #"{"Errors":{"Error":[{"a":1}]}}"#, #"{"errors":{"error":[{"Source":"S"}]}}"#, #"{"error":"invalid"}"#,
            #"{"Errors":{"Error":[{"Source":"S"}]}"#, #"[{"Errors":{"Error":[{"Source":"S"}]}}]"#,
        ])
    func notTheEnvelope(_ text: String) {
        #expect(ErrorEnvelope(parsing: Array(text.utf8)) == nil)
    }

    @Test(
        "an error speaks of encryption when it does",
        arguments: [
            ("ENCRYPTION_ERROR", "-3001", "Request is not encrypted"),
            ("CRYPTOGRAPHY_ERROR", "Cryptography Error", nil),
            ("DECRYPTION_FAILED", nil, nil),
            ("VALIDATION_ERROR", "Invalid Format", "encryptedData"),
            ("INVALID_REQUEST", "Unable to decrypt the payload", nil),
            ("INVALID_JWE", nil, nil),
            ("BAD_REQUEST", "JWEHeader is not valid", nil),
            ("BAD_REQUEST", "The kid was not recognised", nil),
            ("INVALID_KEY", nil, nil),
            ("KEY_NOT_FOUND", nil, nil),
            ("BAD_REQUEST", "Invalid key id", nil),
            ("BAD_REQUEST", nil, "keyId"),
            ("BAD_REQUEST", nil, "unknown key"),
            ("BAD_REQUEST", nil, "key"),
            ("BAD_REQUEST", "Public Key Fingerprint does not match", nil),
            ("BAD_REQUEST", "Client key expired", nil),
            ("INVALID_PAYLOAD_FORMAT", nil, nil),
            ("BAD_REQUEST", "Invalid payload format", nil),
            ("BAD_REQUEST", nil, "The format of the payload is wrong"),
            ("BAD_REQUEST", "Malformed payload", nil),
            ("BAD_REQUEST", "unsupported cipher", nil),
            ("VALIDATION_ERROR", "Unable to decrypt the payload", nil),
            ("VALIDATION_ERROR", "Invalid Format", "user.email could not be decrypted"),
            ("DECRYPTION_FAILED", "Invalid Format", "user.email"),
        ] as [(String?, String?, String?)])
    func mentionsEncryption(_ code: String?, _ description: String?, _ details: String?) throws {
        #expect(try error(code, description, details).mentionsEncryption)
    }

    @Test(
        "an ordinary validation error does not",
        arguments: [
            ("VALIDATION_ERROR", "Invalid Format", "device.ip"),
            ("VALIDATION_ERROR", "Required Data Element Missing", "device, user.full.name"),
            ("VALIDATION_ERROR", "Invalid Format", "user.account.keyId, device.keys"),
            ("VALIDATION_ERROR", "Invalid Format", "keyword"),
            ("VALIDATION_ERROR", "Invalid Format", "user.address.city Key West"),
            ("VALIDATION_ERROR", "Invalid Format", "Turkey, monkey, kidney, Kidder"),
            ("VALIDATION_ERROR", "Invalid payload", "user.email"),
            ("VALIDATION_ERROR", "Request payload failed validation", nil),
            ("VALIDATION_ERROR", "Request payload format invalid: user.email", "user.email"),
            ("VALIDATION_ERROR", "Request payload format invalid", nil),
            ("VALIDATION_ERROR", "Unable to decrypt", "user.email"),
            ("INVALID_PAYLOAD_FORMAT", "Invalid Format", "user.email, device.ip"),
            ("BAD_REQUEST", "Invalid payload format", "too many of them"),
            ("UNAUTHORIZED_REQUEST", "Unauthorized request", nil),
            ("SYSTEM_ERROR", "Transient System Failure", nil),
            ("DUPLICATE", "Duplicate key", nil),
            (nil, nil, nil),
        ] as [(String?, String?, String?)])
    func doesNotSpeakOfEncryption(_ code: String?, _ description: String?, _ details: String?) throws {
        #expect(try !error(code, description, details).mentionsEncryption)
    }

    @Test(
        "field names are paths of the API and nothing else",
        arguments: [
            ("device.ip", ["device.ip"]),
            ("user.account.signupDate, device.ip", ["user.account.signupDate", "device.ip"]),
            ("device, user.full.name", ["device", "user.full.name"]),
            ("Missing: user.email.", ["user.email"]),
            ("'user.email'; \"device.plugins[2]\"", ["user.email", "device.plugins"]),
            ("endCustomerRefId=12345", ["endCustomerRefId"]),
            ("placement", ["placement"]),
            ("device.ip device.ip", ["device.ip"]),
            ("user.email: jane.doe@example.com", ["user.email"]),
            ("user.name@example.com", []),
            ("user.email=user.doe@example.com", ["user.email"]),
            ("user.Jane.Doe", []),
            ("user..email", []),
            ("purchaseDate, billingAddress.city", []),
            ("10.0.0.1 is no address", []),
            ("User.email", []),
            ("users.email", []),
            ("device.a.b.c.d.e", []),
            ("", []),
        ])
    func fieldNames(_ details: String, _ expected: [String]) throws {
        #expect(try error(nil, nil, details).fieldNames == expected)
    }

    private func error(_ code: String?, _ description: String?, _ details: String?) throws -> APIError {
        var members = [#""Source":"IIA""#]
        for (name, value) in [("ReasonCode", code), ("Description", description), ("Details", details)] {
            guard let value else { continue }
            members.append("\"\(name)\":\"\(value.replacing("\"", with: "\\\""))\"")
        }
        let text = "{\"Errors\":{\"Error\":[{\(members.joined(separator: ","))}]}}"
        return try #require(ErrorEnvelope(parsing: Array(text.utf8))?.errors.first)
    }
}
