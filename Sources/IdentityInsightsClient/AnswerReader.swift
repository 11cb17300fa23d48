import IdentityInsights
import JOSE
import JSON
import JobRunner

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
