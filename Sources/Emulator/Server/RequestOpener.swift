import Basics
import IdentityInsights
import JOSE
import JSON
import OpenSSL

/// Opens the API's request envelope `{"encryptedData":"<JWE>"}` with one of the API's private keys.
struct RequestOpener: Sendable {
    /// The request cannot be opened; the answer that says so.
    struct Refusal: Error {
        let answer: ErrorAnswer
    }

    private let decrypter: JWEDecrypter
    private let keyIDs: Set<String>

    /// - Parameter keys: the API's private keys; their public halves' fingerprints are the only key ids accepted.
    init(keys: [PrivateKey]) {
        decrypter = JWEDecrypter(privateKeys: keys)
        keyIDs = Set(keys.map(\.publicKey.fingerprint))
    }

    /// The request in the envelope.
    ///
    /// - Throws: ``Refusal`` with the answer: a DECRYPTION_ERROR for anything wrong with envelope, header or key, a
    ///   VALIDATION_ERROR for a plaintext that is not JSON object.
    func open(_ body: [UInt8]) throws(Refusal) -> OpenedRequest {
        let token = try token(in: body)
        try checkHeader(of: token)
        // The API tells a client only that the token does not decrypt, never why.
        guard let plaintext = try? decrypter.decrypt(token) else {
            throw .init(answer: .undecryptable("encryptedData"))
        }
        // A plaintext that is no JSON gets the answer of one that is no object.
        guard let request = try? OpenedRequest(plaintext: plaintext), request.document.root.kind == .object else {
            throw .init(answer: .invalid(paths: []))
        }
        return request
    }

    private func token(in body: [UInt8]) throws(Refusal) -> [UInt8] {
        // A body that is no JSON gets the answer of one that is no envelope.
        guard let envelope = try? JSONDocument(parsing: body), envelope.root.kind == .object, envelope.root.count == 1,
            let token = envelope.root["encryptedData"]?.stringBytes
        else { throw .init(answer: .undecryptable("encryptedData")) }
        return token
    }

    /// The API demands exactly these four members.
    private func checkHeader(of token: [UInt8]) throws(Refusal) {
        // A header that cannot be read gets the answer of a token that does not decrypt.
        guard let header = try? JWEHeader.inspect(token) else { throw .init(answer: .undecryptable("encryptedData")) }
        let demanded: [(String, Bool)] = [
            ("alg", header.alg == "RSA-OAEP-256"), ("enc", header.enc == "A256GCM"),
            ("cty", header.cty == "application/json"), ("kid", header.kid.map(keyIDs.contains) ?? false),
        ]
        for (member, isRight) in demanded where !isRight {
            throw .init(answer: .undecryptable(member))
        }
        // Nil equals no number of members, so a header that is no JSON is refused below.
        let members = (try? JSONDocument(parsing: header.json))?.root.count
        guard members == demanded.count else { throw .init(answer: .undecryptable("header")) }
    }
}

/// A request whose envelope was opened: all that the emulator knows about the record.
struct OpenedRequest: Sendable {
    let key: RequestKey
    let document: JSONDocument

    init(plaintext: [UInt8]) throws {
        document = try JSONDocument(parsing: plaintext)
        key = try RequestKey(of: document.root)
    }

    /// `user.account.hashedAccountId`.
    var account: String? { document.root["user"]?["account"]?["hashedAccountId"]?.string }

    /// `user.email`.
    var email: String? { document.root["user"]?["email"]?.string }

    /// The paths of the fields that break a rule, each once.
    var brokenFields: [String] {
        RequestRules.violations(in: document.root).reduce(into: []) { paths, violation in
            if !paths.contains(violation.path) { paths.append(violation.path) }
        }
    }
}

/// What identifies a record to the emulator: the SHA-256 of its request in canonical form.
struct RequestKey: Hashable, Sendable {
    let words: SIMD4<UInt64>

    init(words: SIMD4<UInt64>) {
        self.words = words
    }

    init(of request: JSONNode) throws {
        let digest = try SHA256.digest(request.canonicalBytes)
        var words = SIMD4<UInt64>()
        for (index, byte) in digest.prefix(32).enumerated() {
            words[index / 8] = words[index / 8] << 8 | UInt64(byte)
        }
        self.words = words
    }

    /// The digest as 64 lower-case hexadecimal digits.
    var hex: String {
        Hexadecimal.encode(
            (0..<4).flatMap { index in
                stride(from: 56, through: 0, by: -8).map { UInt8(truncatingIfNeeded: words[index] >> $0) }
            })
    }
}
