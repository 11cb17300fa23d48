extension APIError {
    /// Whether the error is about how the request was encrypted rather than what it says: then every record would
    /// fail the same way, and the settings are wrong, not the record.
    ///
    /// Reads the reason code and the details. Speaks of it: any form of encrypt, decrypt, cipher and crypto; JWE, JWK,
    /// JOSE and kid; a key that is invalid, unknown, expired and the like, or its id, fingerprint or format; the
    /// payload's format. Details that name fields of the request have read it: then only the first two kinds of words
    /// count. The description is read where there are no details, since these are optional (openapi 0.2.2, `Error`);
    /// beside `VALIDATION_ERROR`, the documented code for what a record holds, for no other words than those either.
    public var mentionsEncryption: Bool {
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

    /// Whether there is a word that is about nothing else.
    private static func namesEncryption(_ words: [String]) -> Bool {
        words.contains { word in names.contains(word) || stems.contains { word.contains($0) } }
    }

    private static func mentionsEncryption(_ words: [String]) -> Bool {
        if namesEncryption(words) { return true }
        if words.contains("payload"), !aboutFormat.isDisjoint(with: words) { return true }
        return mentionsKey(words)
    }

    /// `key` alone says little (`Key West` is a city): a word beside it must say that it is a key to encrypt with.
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
