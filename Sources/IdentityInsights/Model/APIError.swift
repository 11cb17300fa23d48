import JSON

/// One error of the API's error body. `description` and `details` are the API's own words and may echo a value:
/// they are stored sealed and never logged; `fieldNames` is what may be shown.
package struct APIError: Sendable {
    /// Where the error occurred: `IIA`, a gateway's name.
    package let source: String?
    /// The error's code: `VALIDATION_ERROR`.
    package let reasonCode: String?
    /// The API's description of the code.
    package let description: String?
    /// Whether sending the request again could help; nil where the API does not say.
    package let recoverable: Bool?
    /// More details, for a validation error the paths of the fields.
    package let details: String?

    /// Reads one error; nil if the value has none of an error's members.
    init?(_ node: JSONNode) {
        source = node["Source"]?.string
        reasonCode = node["ReasonCode"]?.string
        description = node["Description"]?.string
        recoverable = Self.truth(of: node)
        details = node["Details"]?.string
        guard source != nil || reasonCode != nil || description != nil || recoverable != nil || details != nil else {
            return nil
        }
    }

    /// `Recoverable`, in any case and as a boolean, a word or a number.
    private static func truth(of error: JSONNode) -> Bool? {
        let member = error["Recoverable"] ?? error.members.first { $0.key.lowercased() == "recoverable" }?.value
        guard let member else { return nil }
        switch member.string?.lowercased() {
        case "true": return true
        case "false": return false
        default: return member.boolean ?? member.double.map { $0 != 0 }
        }
    }
}

extension APIError {
    /// Whether the error is about how the request was encrypted rather than what it says: then every record would
    /// fail the same way, and the settings are wrong, not the record.
    ///
    /// Reads the reason code and the details. These words count: any form of encrypt, decrypt, cipher and crypto; JWE,
    /// JWK, JOSE and kid; a key that is invalid, unknown, expired and the like, or its id, fingerprint or format; the
    /// payload's format. If details name fields of the request, the API has read it: then only the first two groups of
    /// words count. The description is read only where there are no details, since these are optional (openapi 0.2.2,
    /// `Error`); beside `VALIDATION_ERROR`, the documented code for what a record holds, only those two groups count in
    /// it, too.
    package var mentionsEncryption: Bool {
        let (code, beside) = (Self.words(of: reasonCode), Self.words(of: detailsBesideFieldNames))
        guard fieldNames.isEmpty else { return Self.namesEncryption(code) || Self.namesEncryption(beside) }
        if Self.mentionsEncryption(code) || Self.mentionsEncryption(beside) { return true }
        guard beside.isEmpty else { return false }
        let words = Self.words(of: description)
        return reasonCode == "VALIDATION_ERROR" ? Self.namesEncryption(words) : Self.mentionsEncryption(words)
    }

    private static let stems = ["encrypt", "decrypt", "cipher", "crypto"]
    private static let names: Set<String> = ["jwe", "jwk", "jwks", "jose", "kid"]
    private static let keys: Set<String> = ["key", "keys"]
    private static let beforeKey: Set<String> = [
        "client", "expired", "invalid", "mastercard", "missing", "no", "private", "public", "revoked", "rsa",
        "unknown", "unrecognised", "unrecognized", "unsupported", "wrong",
    ]
    private static let behindKey: Set<String> = [
        "alias", "cannot", "could", "error", "expired", "failed", "fingerprint", "format", "has", "id", "identifier",
        "ids", "invalid", "is", "mismatch", "missing", "not", "revoked", "size", "unknown", "unsupported", "was",
    ]
    private static let aboutFormat: Set<String> = [
        "decode", "decoded", "format", "malformed", "parse", "parsed", "unreadable",
    ]

    /// Whether there is a word that can mean nothing else.
    private static func namesEncryption(_ words: [String]) -> Bool {
        words.contains { word in names.contains(word) || stems.contains { word.contains($0) } }
    }

    private static func mentionsEncryption(_ words: [String]) -> Bool {
        if namesEncryption(words) { return true }
        if words.contains("payload"), !aboutFormat.isDisjoint(with: words) { return true }
        return mentionsKey(words)
    }

    /// `key` alone says little (`Key West` is a city): an adjacent word must show that it is an encryption key.
    private static func mentionsKey(_ words: [String]) -> Bool {
        if words.count == 1 { return keys.contains(words[0]) }
        return words.indices.contains { index in
            guard keys.contains(words[index]) else { return false }
            let before = index > 0 ? words[index - 1] : ""
            let behind = index + 1 < words.count ? words[index + 1] : ""
            return beforeKey.contains(before) || behindKey.contains(behind)
        }
    }

    /// The words of a text in lower case; `encryptedData`, `KEY_ID` and `JWEHeader` are two words each.
    private static func words(of text: String?) -> [String] {
        guard let text else { return [] }
        var words: [String] = []
        var word = ""
        let scalars = Array(text.unicodeScalars)
        for (index, scalar) in scalars.enumerated() {
            let isPart = scalar.properties.isAlphabetic || ("0"..."9").contains(scalar)
            if !isPart || startsWord(at: index, in: scalars), !word.isEmpty {
                words.append(word.lowercased())
                word = ""
            }
            if isPart { word.unicodeScalars.append(scalar) }
        }
        return word.isEmpty ? words : words + [word.lowercased()]
    }

    private static func startsWord(at index: Int, in scalars: [Unicode.Scalar]) -> Bool {
        guard index > 0, scalars[index].properties.isUppercase else { return false }
        let followsLower = scalars[index - 1].properties.isLowercase
        let isFollowedByLower = index + 1 < scalars.count && scalars[index + 1].properties.isLowercase
        return followsLower || isFollowedByLower
    }
}

extension APIError {
    /// The field paths that `details` names, in its order, each once: only text in the form of an API path that starts
    /// at one of its known roots (`user.email`, `device.ip`, `user.full.name`). Values are never included.
    package var fieldNames: [String] {
        var names: [String] = []
        for token in Self.tokens(of: details ?? "") where Self.isFieldPath(token) && !names.contains(String(token)) {
            names.append(String(token))
        }
        return names
    }

    /// `details` without the paths it names, for reading what it says in words.
    var detailsBesideFieldNames: String {
        Self.tokens(of: details ?? "").filter { !Self.isFieldPath($0) }.joined(separator: " ")
    }

    private static let roots = Set(RequestField.all.compactMap { $0.path.split(separator: ".").first })

    private static let separators = Set(" \t\r\n,;:=()[]{}<>|\"'`".unicodeScalars)

    /// The text between separators, without the full stop of a sentence. An email address stays whole, so that
    /// `user.name@example.com` is not taken for a path followed by something.
    private static func tokens(of text: String) -> [Substring] {
        text.unicodeScalars.split { separators.contains($0) }.map { scalars in
            Substring(scalars.last == "." ? scalars.dropLast() : scalars)
        }
    }

    private static func isFieldPath(_ token: Substring) -> Bool {
        let parts = token.split(separator: ".", omittingEmptySubsequences: false)
        guard let first = parts.first, roots.contains(first), parts.count <= 5 else { return false }
        return parts.allSatisfy(isFieldName)
    }

    private static func isFieldName(_ part: Substring) -> Bool {
        guard let first = part.utf8.first, (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(first) else { return false }
        return part.utf8.count <= 40 && part.utf8.allSatisfy { TextPattern.isLetter($0) || TextPattern.isDigit($0) }
    }
}

/// The API's error body, `{"Errors":{"Error":[…]}}` (openapi 0.2.2, `ErrorMessage`). Anything else came from something
/// in between: a gateway, a proxy.
package struct ErrorEnvelope: Sendable {
    /// The errors in the body's order, at least one.
    package let errors: [APIError]

    /// Reads an error body; nil if it is not one.
    ///
    /// Accepts `Error` as a single object too, and `Recoverable` in any of the forms that gateways write. A byte order
    /// mark before the body and other faults of form do not make it a gateway's.
    ///
    /// - Parameter bytes: the body as received.
    package init?(parsing bytes: [UInt8]) {
        guard let document = try? Answer.read(bytes).document, let list = document.root["Errors"]?["Error"] else {
            return nil  // no JSON, or JSON of something else
        }
        let nodes = list.kind == .array ? Array(list.elements) : [list]
        let errors = nodes.compactMap { APIError($0) }
        guard !errors.isEmpty, errors.count == nodes.count else { return nil }
        self.errors = errors
    }

    /// Whether sending the request again could help: true if any error says so, false if some say no and none yes,
    /// nil if none says anything.
    package var recoverable: Bool? {
        let words = errors.compactMap(\.recoverable)
        return words.isEmpty ? nil : words.contains(true)
    }

    /// Whether any error is about encryption.
    package var mentionsEncryption: Bool { errors.contains(where: \.mentionsEncryption) }
}
