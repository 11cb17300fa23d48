import Foundation
import HTTPTransport
import JOSE
import JobRunner
import OpenSSL
import TestSupport
import Testing

@testable import IdentityInsightsClient

@Suite("What an exchange states")
struct ExchangeInterpreterTests {
    private static let key = try? PrivateKey.generate(bits: 2048)
    private static let insights = #"{"requestRefId":"ref-1","insights":{"user":{"scores":{"identityRisk":5}},"ip":{}}}"#

    private func interpreter() throws -> ExchangeInterpreter {
        ExchangeInterpreter(decrypter: JWEDecrypter(privateKey: try #require(Self.key)))
    }

    private static let request =
        #"{"user":{"account":{"hashedAccountId":"3b5ed8"},"email":"user.ada@example.com","name":"Ada Stone"}}"#

    private func reply(
        _ status: Int, _ body: String, _ headers: [(String, String)] = [], to request: String = Self.request
    ) throws -> Reply {
        let answer = HTTPAnswer(status: status, headers: HTTPHeaders(headers), body: Array(body.utf8))
        return try interpreter().reply(for: .answered(answer), to: Array(request.utf8))
    }

    private func encrypted(_ text: String, to key: PrivateKey?) throws -> String {
        let encrypter = try JWEEncrypter(publicKey: #require(key).publicKey, keyID: "k")
        return String(decoding: JWEEnvelope.wrapping(try encrypter.encrypt(Array(text.utf8))), as: UTF8.self)
    }

    private func answer(in reply: Reply) throws -> Reply.Answer {
        guard case .answer(let answer)? = body(of: reply) else { throw NoAnswer(text: reply.errorText) }
        return answer
    }

    private struct NoAnswer: Error { let text: String? }

    private func body(of reply: Reply) -> Reply.Body? {
        if case .answered(_, let body, _) = reply.facts { body } else { nil }
    }

    @Test("An encrypted answer is opened, its reference kept")
    func encryptedAnswer() throws {
        let reply = try reply(200, encrypted(Self.insights, to: Self.key), [("X-MC-Correlation-ID", "ref-1")])
        #expect(try answer(in: reply) == Reply.Answer(Array(Self.insights.utf8)))
        #expect(reply.requestRefID == "ref-1")
        #expect(reply.correlationID == "ref-1")
    }

    @Test("A plain answer is told apart from one that cannot be read, which is kept as it came")
    func plainAndUnreadable() throws {
        #expect(try !answer(in: reply(200, Self.insights)).isEncrypted)
        let other = try PrivateKey.generate(bits: 2048)
        let unreadable = [
            "<html>", "{}", "jane", try encrypted(Self.insights, to: other), try encrypted("jane", to: Self.key),
            try encrypted(#"{"user":"jane"#, to: Self.key),
            try encrypted(#"{"Errors":{"Error":[{"Source":"jane"}]}}"#, to: Self.key),
            #"{"Errors":{"Error":[{"Source":"jane"}]}}"#,
        ]
        for text in unreadable {
            let reply = try reply(200, text)
            guard case .undecipherable(let kept)? = body(of: reply) else {
                Issue.record("not undecipherable: \(text)")
                continue
            }
            #expect(kept == Array(text.utf8))
            #expect(reply.errorText?.contains("jane") == false)
        }
    }

    /// A fault of form in the answer's text, and the place and rule that the warning names.
    static let faults: [(text: String, rule: String)] = [
        (insights(and: #""name":"a\ud83d""#), "byte 91: a surrogate escape must be one of a pair"),
        (insights(and: #""insights":1"#), "byte 82: an object must not have the same member twice"),
        (insights.replacing("5", with: "NaN"), "byte 69: a value must be an object"),
        (insights.replacing("5", with: "-Infinity"), "byte 70: a minus sign must be followed by a digit"),
        ("\u{FEFF}" + insights, "byte 0: a byte order mark is not allowed"),
        (
            insights(and: "\"deep\":" + String(repeating: "[", count: 600) + String(repeating: "]", count: 600)),
            "byte 152: nesting must be at most 64 deep"
        ),
        (insights(and: "\"name\":\"a\tb\""), "byte 91: control characters in a string must be escaped"),
        (insights + "\0", "byte 82: nothing may follow the value"),
    ]

    private static func insights(and member: String) -> String { "\(insights.dropLast()),\(member)}" }

    @Test("An answer whose form is at fault is read, and the warning names rule and place", arguments: faults)
    func faultOfForm(text: String, rule: String) throws {
        let reply = try reply(200, encrypted(text, to: Self.key))
        let answer = try answer(in: reply)
        #expect(answer.bytes == Array(text.utf8))
        #expect(answer.hasKnownLeaf && answer.isEncrypted)
        #expect(answer.formFault?.contains(rule) == true, "\(answer.formFault ?? "no fault")")
        #expect(reply.requestRefID == "ref-1")
        #expect(reply.errorText == nil)
    }

    @Test(
        "An answer without anything known is read all the same",
        arguments: ["{}", "[]", #""jane""#, #"{"a":{"b":1}}"#])
    func nothingKnown(text: String) throws {
        let answer = try answer(in: reply(200, encrypted(text, to: Self.key)))
        #expect(!answer.hasKnownLeaf && answer.formFault == nil)
    }

    @Test("A 2xx that is no 200 is kept as it came; one without a body is nothing", arguments: [201, 204, 299])
    func otherSuccess(status: Int) throws {
        let text = try encrypted(Self.insights, to: Self.key)
        guard case .undecipherable(let kept)? = body(of: try reply(status, text)) else {
            Issue.record("not undecipherable")
            return
        }
        #expect(kept == Array(text.utf8))
        for status in [200, status] {
            if case .empty? = body(of: try reply(status, "")) {} else { Issue.record("\(status) is not empty") }
        }
    }

    @Test("A coded body that cannot be read names its coding")
    func codedBody() throws {
        let reply = try reply(200, "\u{1F}?", [("Content-Encoding", "gzip")])
        #expect(reply.errorText?.contains("Content-Encoding") == true)
        let plain = try self.reply(200, "<html>", [("Content-Encoding", "identity")])
        #expect(plain.errorText?.contains("Encoding") == false)
    }

    @Test("An answer too large to be read is what its status says", arguments: [200, 204, 403, 413, 500, 503])
    func oversized(status: Int) throws {
        let head = HTTPAnswer(
            status: status, headers: HTTPHeaders([("X-MC-Correlation-ID", "ref-1"), ("Retry-After", "3")]))
        let failure = HTTPFailure(kind: .oversized, mayHaveLeft: true, message: "too large", head: head)
        let reply = try interpreter().reply(for: .failed(failure), to: [])
        guard case .answered(status, let body, let retryAfter) = reply.facts else {
            Issue.record("not answered")
            return
        }
        if case .oversized = body { #expect(status < 300) } else { #expect(status >= 300) }
        #expect(retryAfter == (status < 300 ? nil : .seconds(3)))
        #expect(reply.correlationID == "ref-1")
    }

    @Test("An error body states code, recoverability and field names, never a value")
    func errorBody() throws {
        let text = """
            {"Errors":{"Error":[{"Source":"IIA","ReasonCode":"VALIDATION_ERROR","Description":"bad ada@example.com",\
            "Recoverable":"true","Details":"user.email, ada@example.com"}]}}
            """
        let reply = try reply(400, text)
        guard case .errors(let recoverable, let mentionsEncryption)? = body(of: reply) else {
            Issue.record("not errors")
            return
        }
        #expect(recoverable == true)
        #expect(!mentionsEncryption)
        #expect(reply.reasonCode == "VALIDATION_ERROR")
        #expect(reply.details == "user.email")
        #expect(reply.errorText?.contains("example.com") == false)
    }

    @Test("A byte order mark before an error body is passed over")
    func markedErrorBody() throws {
        let text = "\u{FEFF}{\"Errors\":{\"Error\":[{\"ReasonCode\":\"VALIDATION_ERROR\"}]}}"
        let reply = try reply(400, text)
        if case .errors? = body(of: reply) {} else { Issue.record("not errors") }
        #expect(reply.reasonCode == "VALIDATION_ERROR")
    }

    @Test(
        "A code or a field's name that says what the request says is not repeated",
        arguments: [
            ("STONE", "user.ada", nil, nil), ("Ada_Stone", "user.ada, user.email", nil, "user.email"),
            ("ada.stone", "user.full.name, user.stone.x", nil, "user.full.name"),
            (
                "INVALID_FORMAT", "user.account.signupDate, device.ip", "INVALID_FORMAT",
                "user.account.signupDate, device.ip"
            ),
            (String(repeating: "A", count: 65), "user.emailAddress", nil, "user.emailAddress"),
            ("3b5ed8", "user.name", nil, "user.name"),
        ] as [(String, String, String?, String?)])
    func echoes(code: String, details: String, shownCode: String?, shownDetails: String?) throws {
        let text = #"{"Errors":{"Error":{"ReasonCode":"\#(code)","Recoverable":false,"Details":"\#(details)"}}}"#
        let found = try reply(400, text)
        #expect(found.reasonCode == shownCode && found.details == shownDetails)
        let unknown = try reply(400, text, to: "{")
        #expect(unknown.reasonCode == nil)
    }

    @Test("A second error's code is shown where the first's may not be")
    func secondCode() throws {
        let text = #"{"Errors":{"Error":[{"ReasonCode":"stone"},{"ReasonCode":"VALIDATION_ERROR"}]}}"#
        #expect(try reply(400, text).reasonCode == "VALIDATION_ERROR")
    }

    @Test(
        "A wait until a date counts from the answer's own clock, and from ours where it has none",
        arguments: [
            ([("Date", "Sun, 06 Nov 1994 08:49:30 GMT")], 7), ([], 37), ([("Date", "today")], 37),
            ([("Date", "1 Dec 1122110211")], 37),
        ] as [([(String, String)], Int)])
    func retryAfterDate(headers: [(String, String)], expected: Int) throws {
        // 08:49:00 by our clock.
        let interpreter = ExchangeInterpreter(
            decrypter: JWEDecrypter(privateKey: try #require(Self.key)), now: { 784_111_740_000 })
        let headers = headers + [("Retry-After", "Sun, 06 Nov 1994 08:49:37 GMT")]
        let answer = HTTPAnswer(status: 503, headers: HTTPHeaders(headers))
        guard case .answered(503, _, let retryAfter) = interpreter.reply(for: .answered(answer), to: []).facts else {
            Issue.record("not answered")
            return
        }
        #expect(retryAfter == .seconds(expected))
    }

    @Test("A failure keeps whether anything may have left", arguments: [true, false])
    func failure(mayHaveLeft: Bool) throws {
        let exchange = HTTPExchange.failed(HTTPFailure(kind: .reset, mayHaveLeft: mayHaveLeft, message: "closed"))
        guard
            case .failed(.reset, let left) = try interpreter().reply(for: exchange, to: Array(Self.request.utf8)).facts
        else {
            Issue.record("not failed")
            return
        }
        #expect(left == mayHaveLeft)
    }

    @Test("A kept answer is read with today's key, and with no other")
    func redeciphered() throws {
        let kept = Array(try encrypted(Self.insights, to: Self.key).utf8)
        #expect(try interpreter().redeciphered(kept, requireEncryptedAnswers: true)?.requestRefID == "ref-1")
        let other = ExchangeInterpreter(decrypter: JWEDecrypter(privateKey: try PrivateKey.generate(bits: 2048)))
        #expect(other.redeciphered(kept, requireEncryptedAnswers: false) == nil)
    }

    @Test("A plain answer is read again with its warning, and not where answers must be encrypted")
    func redecipheredPlain() throws {
        let kept = Array(Self.insights.utf8)
        let found = try interpreter().redeciphered(kept, requireEncryptedAnswers: false)
        #expect(found?.warning == "answer was not encrypted")
        #expect(found?.hasWarnings == true)
        #expect(try interpreter().redeciphered(kept, requireEncryptedAnswers: true) == nil)
    }
}
