import Basics
import Foundation
import HTTPTransport
import IdentityInsights
import JOSE
import JSON
import JobRunner

/// Turns an exchange into the neutral facts the answer table reads. No I/O except reading the clock, where an answer
/// has no time.
struct ExchangeInterpreter: Sendable {
    let reader: AnswerReader
    /// The time of day.
    let now: @Sendable () -> WallTime

    init(
        decrypter: JWEDecrypter,
        now: @escaping @Sendable () -> WallTime = WallTime.now
    ) {
        reader = AnswerReader(decrypter: decrypter)
        self.now = now
    }

    /// States the outcome of a call.
    ///
    /// - Parameters:
    ///   - exchange: the call.
    ///   - request: what was sent, before it was encrypted.
    /// - Returns: the facts, without a value of the request.
    func reply(for exchange: HTTPExchange, to request: [UInt8]) -> Reply {
        switch exchange {
        case .answered(let answer): reply(for: answer, to: request)
        case .failed(let failure): reply(for: failure, to: request)
        }
    }

    func redeciphered(_ kept: [UInt8], requireEncryptedAnswers: Bool) -> RedecipheredAnswer? {
        RedecipheredAnswer(reader.read(kept), requireEncryptedAnswers: requireEncryptedAnswers)
    }

    private func reply(for answer: HTTPAnswer, to request: [UInt8]) -> Reply {
        switch answer.status {
        case 200: success(answer)
        case 201..<300: unexpectedSuccess(answer)
        default: refusal(answer, to: request)
        }
    }

    private func reply(for failure: HTTPFailure, to request: [UInt8]) -> Reply {
        guard failure.kind == .oversized, let head = failure.head else {
            return Reply(
                .failed(kind: FailureKind(failure.kind), mayHaveLeft: failure.mayHaveLeft), errorText: failure.message,
                duration: failure.duration)
        }
        // A refusal is a refusal, however long its page.
        guard (200..<300).contains(head.status) else { return refusal(head, to: request) }
        return Reply(
            .answered(status: head.status, body: .oversized, retryAfter: nil), correlationID: head.correlationID,
            errorText: "\(failure.message) It was billed.", duration: failure.duration)
    }

    private func success(_ answer: HTTPAnswer) -> Reply {
        let found = reader.read(answer.body)
        return Reply(
            .answered(status: answer.status, body: found.body, retryAfter: nil),
            correlationID: answer.correlationID, requestRefID: found.requestRefID,
            errorText: found.errorText.map { answer.isCoded ? "\($0) \(Self.coded)" : $0 },
            hasWarnings: found.hasWarnings, duration: answer.duration)
    }

    private static let coded =
        "It has a Content-Encoding, although none was asked for: see what stands between here and the API."

    /// A 2xx that the API does not document; its body is kept unchanged.
    private func unexpectedSuccess(_ answer: HTTPAnswer) -> Reply {
        Reply(
            .answered(
                status: answer.status, body: answer.body.isEmpty ? .empty : .undecipherable(answer.body),
                retryAfter: nil),
            correlationID: answer.correlationID, errorText: "HTTP \(answer.status), which the API does not document.",
            duration: answer.duration)
    }

    private func refusal(_ answer: HTTPAnswer, to request: [UInt8]) -> Reply {
        let retryAfter = RetryAfterField.read(answer.headers("Retry-After"), answeredAt: answer.dateAt ?? now())
        guard let envelope = ErrorEnvelope(parsing: answer.body) else {
            return Reply(
                .answered(status: answer.status, body: .other, retryAfter: retryAfter),
                correlationID: answer.correlationID,
                errorText: "HTTP \(answer.status) without the API's error body, as from a gateway or proxy",
                duration: answer.duration)
        }
        let facts = ErrorFacts(envelope, to: request)
        return Reply(
            .answered(
                status: answer.status,
                body: .errors(recoverable: facts.recoverable, mentionsEncryption: facts.mentionsEncryption),
                retryAfter: retryAfter),
            correlationID: answer.correlationID, reasonCode: facts.reasonCode,
            errorText: facts.text(status: answer.status), details: facts.fieldNames, duration: answer.duration)
    }
}

extension HTTPAnswer {
    /// The answer's `X-MC-Correlation-ID`.
    var correlationID: String? { header("X-MC-Correlation-ID") }

    /// Whether the body has a content coding, such as gzip (RFC 9110 §8.4).
    fileprivate var isCoded: Bool {
        header("Content-Encoding").map { !$0.isEmpty && $0.lowercased() != "identity" } ?? false
    }
}

extension FailureKind {
    init(_ kind: HTTPFailure.Kind) {
        self =
            switch kind {
            case .couldNotConnect: .couldNotConnect
            case .proxyRefused: .proxyRefused
            case .tlsHandshake: .tlsHandshake
            case .certificateRefused: .certificateRefused
            case .certificateRefusedLater: .certificateRefusedLater
            case .serverCertificate: .serverCertificate
            case .reset: .reset
            case .timedOut: .timedOut
            case .truncated: .truncated
            case .oversized: .oversized
            case .cancelled: .cancelled
            case .other: .other
            }
    }
}

/// What the API's error body says, without a value of a record: codes and field names only, and none that repeats
/// something from the request, for a gateway may put anything there.
struct ErrorFacts {
    let recoverable: Bool?
    let mentionsEncryption: Bool
    let reasonCode: String?
    let fieldNames: String?

    /// - Parameters:
    ///   - envelope: the error body.
    ///   - request: the request it answers.
    init(_ envelope: ErrorEnvelope, to request: [UInt8]) {
        let words = RecordWords(ofRequest: request)
        recoverable = envelope.recoverable
        mentionsEncryption = envelope.mentionsEncryption
        reasonCode = envelope.errors.compactMap(\.reasonCode).first { words.mayShow($0) }
        let names = envelope.errors.flatMap(\.fieldNames).filter { words.mayShow(path: $0) }
        fieldNames = names.isEmpty ? nil : names.joined(separator: ", ")
    }

    /// What happened, and for a request that the API could not decrypt, where to look.
    func text(status: Int) -> String {
        guard mentionsEncryption else { return "The API answered HTTP \(status)" }
        return "The API could not open the request (HTTP \(status)); compare the kid that \(Hint.doctor) shows "
            + "with the Client Encryption Key's fingerprint in the portal"
    }
}

/// Reads the body of a 2xx as far as possible: it was billed. Pure: no I/O.
struct AnswerReader: Sendable {
    let decrypter: JWEDecrypter

    /// Reads a body, or a kept answer.
    func read(_ bytes: [UInt8]) -> ReadAnswer {
        guard !bytes.isEmpty else { return ReadAnswer(body: .empty, errorText: "The answer has no body.") }
        guard let token = JWEEnvelope.token(in: bytes) else { return plain(bytes) }
        // Why it cannot be decrypted is not reported, as that could help an attacker who made it (RFC 7516 §11.5).
        guard let plaintext = try? decrypter.decrypt(token) else {
            return ReadAnswer(
                body: .undecipherable(bytes),
                errorText: "The answer could not be decrypted with api.decryption_key.")
        }
        do throws(AnswerError) {
            return ReadAnswer(try Answer(parsing: plaintext), plaintext, isEncrypted: true)
        } catch {
            return ReadAnswer(
                body: .undecipherable(bytes), errorText: "The decrypted answer cannot be used: \(error.reason).")
        }
    }

    private func plain(_ bytes: [UInt8]) -> ReadAnswer {
        do throws(AnswerError) {
            let answer = try Answer(parsing: bytes)
            if answer.fitsModel { return ReadAnswer(answer, bytes, isEncrypted: false) }
            return ReadAnswer(
                body: .undecipherable(bytes),
                errorText: "The answer is neither encrypted nor of the API's answer model.")
        } catch {
            return ReadAnswer(
                body: .undecipherable(bytes),
                errorText: "The answer is neither encrypted nor can it be used as it is: \(error.reason).")
        }
    }
}

/// What the body of a 2xx turned out to be.
struct ReadAnswer {
    let body: Reply.Body
    var requestRefID: String?
    var hasWarnings = false
    var errorText: String?

    init(body: Reply.Body, errorText: String) {
        self.body = body
        self.errorText = errorText
    }

    init(_ answer: Answer, _ bytes: [UInt8], isEncrypted: Bool) {
        body = .answer(
            Reply.Answer(
                bytes, isEncrypted: isEncrypted, formFault: answer.formFault?.description,
                hasKnownLeaf: answer.hasKnownLeaf))
        requestRefID = answer.requestRefID
        hasWarnings = !answer.warnings.isEmpty || !answer.alerts.isEmpty
    }
}

/// An answer that could not be read when it came and now can.
package struct RedecipheredAnswer: Sendable {
    /// The decrypted bytes of the answer.
    package let answer: [UInt8]
    /// Its `requestRefId`.
    package let requestRefID: String?
    /// Whether it brought warnings or alerts.
    package let hasWarnings: Bool
    /// Our own warning to keep beside it, such as that it was not encrypted.
    package let warning: String?
}

extension RedecipheredAnswer {
    /// What a kept answer turned out to be; nil where it cannot be used.
    init?(_ found: ReadAnswer, requireEncryptedAnswers: Bool) {
        guard case .answer(let answer) = found.body, answer.isEncrypted || !requireEncryptedAnswers else { return nil }
        self.init(
            answer: answer.bytes, requestRefID: found.requestRefID,
            hasWarnings: found.hasWarnings || answer.warning != nil, warning: answer.warning)
    }
}
