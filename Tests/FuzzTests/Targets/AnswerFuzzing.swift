import Basics
import JOSE
import JSON
import JobRunner
import RecordStore

@testable import HTTPTransport
@testable import IdentityInsights
@testable import IdentityInsightsClient

/// Tokens as answers bring them, up to where a key is needed.
enum JWEFuzzing {
    static func read(_ bytes: [UInt8]) -> String? {
        let text = String(decoding: bytes, as: UTF8.self)
        if let decoded = bytes.withUnsafeBytes({ Base64URL.decode($0) }), Base64URL.encode(decoded) != bytes {
            return "base64url that is accepted has one form only"
        }
        let header = try? JWEHeader.inspect(bytes)
        do {
            _ = try JWEDecrypter(privateKeys: []).decrypt(bytes)
            return "a token opens without a key"
        } catch let error as JWEError where error == .undecryptable {
            guard header != nil else { return "a token is tried whose header cannot be read" }
        } catch {
            if text.count > 24, "\(error)".contains(text) { return "an error repeats the token" }
        }
        return nil
    }
}

/// `Retry-After` and `Date`, as servers and proxies write them.
enum RetryAfterFuzzing {
    static func read(_ bytes: [UInt8]) -> String? {
        let text = String(decoding: bytes, as: UTF8.self)
        let now = WallTime(milliseconds: 1_763_899_200_000)
        if let date = HTTPDate.time(from: text, now: now), date.milliseconds > 253_402_300_799_999 {
            return "a date lies beyond the year 9999"
        }
        let values = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        guard let wait = RetryAfterField.read(values, answeredAt: now) else { return "a field is not read" }
        return wait.seconds < 0 ? "a wait ends before it begins" : nil
    }
}

/// Error bodies, of the API or of whoever answers in its place.
enum ErrorsFuzzing {
    private static let secret = "Zqwertzuiop.Marker@example.com"
    private static let account = "0815471142"
    private static let request = Array(
        #"{"user":{"email":"\#(secret)","account":{"hashedAccountId":"\#(account)"}}}"#.utf8)

    static func read(_ bytes: [UInt8]) -> String? {
        let interpreter = ExchangeInterpreter(decrypter: JWEDecrypter(privateKeys: [])) { .distantPast }
        for status in [400, 503] {
            let reply = interpreter.reply(for: .answered(HTTPAnswer(status: status, body: bytes)), to: request)
            let shown = [reply.errorText, reply.reasonCode, reply.details].compactMap { $0 }.joined(separator: " ")
            if shown.contains(secret) || shown.contains(account) { return "a message repeats a value" }
            let outcome = AnswerTable.outcome(of: reply, in: AnswerTable.Circumstances())
            if outcome.kind == .succeeded { return "an error body succeeds" }
        }
        return nil
    }
}

/// Answers as they come, and as they are once decrypted.
enum AnswersFuzzing {
    static func read(_ bytes: [UInt8]) -> String? {
        let read = AnswerReader(decrypter: JWEDecrypter(privateKeys: [])).read(bytes)
        if case .answer(let answer) = read.body {
            if answer.isEncrypted { return "an answer opens without a key" }
            if answer.bytes != bytes { return "an answer is not kept as it came" }
        }
        // A text that is no answer is refused.
        guard let answer = try? Answer(parsing: bytes) else { return nil }
        if answer.formFault == nil, answer.document.bytes != bytes { return "a sound answer is changed" }
        guard answer.requestRefID?.isEmpty != true else { return "an empty identifier counts as one" }
        return nil
    }
}
