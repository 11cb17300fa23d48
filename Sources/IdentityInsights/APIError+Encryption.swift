extension APIError {
    /// Whether the error is about how the request was encrypted rather than what it says: then every record would
    /// fail the same way, and the settings are wrong, not the record.
    ///
    /// Reads the reason code, the description and the details, the latter without the field paths they name. Speaks
    /// of it: any form of encrypt, decrypt, cipher and crypto; JWE, JWK, JOSE and kid; a key that is invalid, unknown,
    /// expired and the like, or its id, fingerprint or format; the payload's format.
    public var speaksOfEncryption: Bool {
        [reasonCode, description, detailsBesideFieldNames].contains { text in
            text.map { Self.speaksOfEncryption(Self.words(of: $0)) } ?? false
        }
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

    private static func speaksOfEncryption(_ words: [String]) -> Bool {
        if words.contains(where: { word in names.contains(word) || stems.contains { word.contains($0) } }) {
            return true
        }
        if words.contains("payload"), !aboutFormat.isDisjoint(with: words) { return true }
        return speaksOfKey(words)
    }

    /// `key` alone says little (`Key West` is a city): a word beside it must say that it is a key to encrypt with.
    private static func speaksOfKey(_ words: [String]) -> Bool {
        if words.count == 1 { return keys.contains(words[0]) }
        return words.indices.contains { index in
            guard keys.contains(words[index]) else { return false }
            let before = index > 0 ? words[index - 1] : ""
            let behind = index + 1 < words.count ? words[index + 1] : ""
            return beforeKey.contains(before) || behindKey.contains(behind)
        }
    }

    /// The words of a text in lower case; `encryptedData`, `KEY_ID` and `JWEHeader` are two words each.
    private static func words(of text: String) -> [String] {
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
