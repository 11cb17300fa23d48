import Foundation
import HTTPTransport
import JOSE
import JobRunner
import OpenSSL
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

    private func body(of reply: Reply) -> Reply.Body? {
        if case .answered(_, let body, _) = reply.facts { body } else { nil }
    }

    @Test("An encrypted answer is opened, its reference kept")
    func encryptedAnswer() throws {
        let reply = try reply(200, encrypted(Self.insights, to: Self.key), [("X-MC-Correlation-ID", "ref-1")])
        guard case .answer(let bytes)? = body(of: reply) else {
            Issue.record("not an answer")
            return
        }
        #expect(String(decoding: bytes, as: UTF8.self) == Self.insights)
        #expect(reply.requestRefID == "ref-1")
        #expect(reply.correlationID == "ref-1")
    }

    @Test("A plain answer is told apart from one that cannot be read, which is kept as it came")
    func plainAndUnreadable() throws {
        if case .plainAnswer? = body(of: try reply(200, Self.insights)) {} else { Issue.record("not plain") }
        let other = try PrivateKey.generate(bits: 2048)
        for text in ["", "<html>", "{}", try encrypted(Self.insights, to: other), try encrypted("{}", to: Self.key)] {
            guard case .undecipherable(let kept)? = body(of: try reply(200, text)) else {
                Issue.record("not undecipherable")
                continue
            }
            #expect(kept == Array(text.utf8))
        }
    }

    @Test("An error body states code, recoverability and field names, never a value")
    func errorBody() throws {
        let text = """
            {"Errors":{"Error":[{"Source":"IIA","ReasonCode":"VALIDATION_ERROR","Description":"bad ada@example.com",\
            "Recoverable":"true","Details":"user.email, ada@example.com"}]}}
            """
        let reply = try reply(400, text)
        guard case .errors(let recoverable, let speaksOfEncryption)? = body(of: reply) else {
            Issue.record("not errors")
            return
        }
        #expect(recoverable == true)
        #expect(!speaksOfEncryption)
        #expect(reply.reasonCode == "VALIDATION_ERROR")
        #expect(reply.details == "user.email")
        #expect(reply.errorText?.contains("example.com") == false)
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
        "Retry-After is seconds or a date",
        arguments: [
            ("3", .seconds(3)), ("1000000000", .seconds(1_000_000_000)), ("99999999999999999999", .seconds(.max)),
            ("Sun, 06 Nov 1994 08:49:37 GMT", .date(784_111_777_000)), ("soon", nil), ("-3", nil),
        ] as [(String, RetryAfter?)])
    func retryAfter(value: String, expected: RetryAfter?) throws {
        guard case .answered(503, _, let retryAfter) = try reply(503, "", [("Retry-After", value)]).facts else {
            Issue.record("not answered")
            return
        }
        #expect(retryAfter == expected)
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
