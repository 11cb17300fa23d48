internal import HTTPTransport
internal import IdentityInsights
internal import JOSE
internal import JSON
internal import JobRunner

/// Turns an exchange into the neutral facts the answer table reads. Pure: no I/O.
struct ExchangeInterpreter: Sendable {
    let decrypter: JWEDecrypter

    /// States what came of a call.
    ///
    /// - Parameters:
    ///   - exchange: the call.
    ///   - request: what was sent, before it was encrypted.
    /// - Returns: the facts, without a value of the request.
    func reply(for exchange: HTTPExchange, to request: [UInt8]) -> Reply {
        switch exchange {
        case .answered(let answer): reply(for: answer, to: request)
        case .failed(let failure):
            Reply(
                .failed(kind: FailureKind(failure.kind), mayHaveLeft: failure.mayHaveLeft), errorText: failure.message,
                duration: failure.duration)
        }
    }

    func redeciphered(_ kept: [UInt8], requireEncryptedAnswers: Bool) -> RedecipheredAnswer? {
        let found = read(kept)
        let reply = Reply(.answered(status: 200, body: found.body, retryAfter: nil))
        let outcome = AnswerTable.outcome(of: reply, requireEncryptedAnswers: requireEncryptedAnswers)
        guard outcome.kind == .succeeded, let bytes = found.clearBytes else { return nil }
        return RedecipheredAnswer(
            answer: bytes, requestRefID: found.requestRefID,
            hasWarnings: found.hasWarnings || outcome.warning != nil, warning: outcome.warning)
    }

    private func reply(for answer: HTTPAnswer, to request: [UInt8]) -> Reply {
        (200..<300).contains(answer.status) ? success(answer) : refusal(answer, to: request)
    }

    private func success(_ answer: HTTPAnswer) -> Reply {
        let found = read(answer.body)
        return Reply(
            .answered(status: answer.status, body: found.body, retryAfter: nil),
            correlationID: answer.correlationID, requestRefID: found.requestRefID, errorText: found.errorText,
            hasWarnings: found.hasWarnings, duration: answer.duration)
    }

    private func refusal(_ answer: HTTPAnswer, to request: [UInt8]) -> Reply {
        let retryAfter = answer.header("Retry-After").flatMap(RetryAfter.init(field:))
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
                body: .errors(recoverable: facts.recoverable, speaksOfEncryption: facts.speaksOfEncryption),
                retryAfter: retryAfter),
            correlationID: answer.correlationID, reasonCode: facts.reasonCode,
            errorText: facts.text(status: answer.status), details: facts.fieldNames, duration: answer.duration)
    }

    private func read(_ bytes: [UInt8]) -> ReadAnswer {
        guard let token = JWEEnvelope.token(in: bytes) else { return plain(bytes) }
        guard let plaintext = try? decrypter.decrypt(token) else {
            return ReadAnswer(unreadable: bytes, "The answer could not be decrypted with api.decryption_key.")
        }
        guard let answer = try? Answer(parsing: plaintext) else {
            return ReadAnswer(unreadable: bytes, "The decrypted answer does not fit the API's answer model.")
        }
        return ReadAnswer(.answer(plaintext), answer)
    }

    private func plain(_ bytes: [UInt8]) -> ReadAnswer {
        guard let answer = try? Answer(parsing: bytes) else {
            return ReadAnswer(unreadable: bytes, "The answer is neither encrypted nor of the API's answer model.")
        }
        return ReadAnswer(.plainAnswer(bytes), answer)
    }
}

/// What the body of a 2xx turned out to be.
private struct ReadAnswer {
    let body: Reply.Body
    let requestRefID: String?
    let hasWarnings: Bool
    let errorText: String?

    /// The answer's clear bytes; nil where it could not be read.
    var clearBytes: [UInt8]? {
        switch body {
        case .answer(let bytes), .plainAnswer(let bytes): bytes
        case .undecipherable, .errors, .other: nil
        }
    }

    init(_ body: Reply.Body, _ answer: Answer) {
        self.body = body
        requestRefID = answer.requestRefID
        hasWarnings = !answer.warnings.isEmpty || !answer.alerts.isEmpty
        errorText = nil
    }

    init(unreadable bytes: [UInt8], _ errorText: String) {
        body = .undecipherable(bytes)
        requestRefID = nil
        hasWarnings = false
        self.errorText = errorText
    }
}

extension HTTPAnswer {
    /// The answer's `X-MC-Correlation-ID`.
    var correlationID: String? { header("X-MC-Correlation-ID") }
}

extension FailureKind {
    init(_ kind: HTTPFailure.Kind) {
        self =
            switch kind {
            case .couldNotConnect: .couldNotConnect
            case .tlsHandshake: .tlsHandshake
            case .certificateRefused: .certificateRefused
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

extension RetryAfter {
    /// Reads the field's value: delay-seconds or an HTTP date (RFC 9110 §10.2.3); nil for anything else.
    init?(field: String) {
        if !field.isEmpty, field.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }) {
            self = .seconds(Int(field) ?? .max)
        } else if let date = HTTPAnswer.milliseconds(fromHTTPDate: field) {
            self = .date(date)
        } else {
            return nil
        }
    }
}
