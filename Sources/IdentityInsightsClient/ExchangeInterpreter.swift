import Basics
import Foundation
import HTTPTransport
import IdentityInsights
import JOSE
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

    /// States the facts of a call.
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
