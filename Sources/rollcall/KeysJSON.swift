import Operations

/// What the members of the JSON of `keys` and `jwe` hold, for docs/results.md.
enum KeysJSON {
    /// All shapes, in the order of the page.
    static let shapes = [
        JSONReference.Shape("`keys inspect`", KeysInspectCommand.Inspection.self),
        JSONReference.Shape("One of `files`", KeyListing.self),
        JSONReference.Shape("One of `items`", KeyListing.Item.self),
        JSONReference.Shape("`key`", KeyListing.Key.self), JSONReference.Shape("One of `matches`", KeyMatch.self),
        JSONReference.Shape("`keys fingerprint`", KeyFingerprints.self),
        JSONReference.Shape("One of `keys`", KeyFingerprints.Key.self),
        JSONReference.Shape("`jwe inspect`", JWEListing.self),
    ]
}

extension KeysInspectCommand.Inspection: DescribedJSON {
    static func about(_ member: CodingKeys) -> String {
        switch member {
        case .files: "the files, in the order given"
        case .matches: "which private key belongs to which certificate; empty where there is no certificate"
        }
    }
}

extension KeyListing: DescribedJSON {
    static func about(_ member: CodingKeys) -> String {
        switch member {
        case .file: "its path"
        case .format: "its form"
        case .items: "what is in it"
        }
    }
}

extension KeyListing.Item: DescribedJSON {
    static func about(_ member: CodingKeys) -> String {
        switch member {
        case .kind: "`certificate`, `public_key`, `private_key`, `keystore`, or another name"
        case .subject: "of a certificate"
        case .issuer: "of a certificate"
        case .key: "the public half; absent where it cannot be read"
        case .isLocked: "whether it needs a password that was not given"
        case .notBefore: "from when a certificate is valid"
        case .notAfter: "until when"
        case .certificateFingerprint: "SHA-256 of the certificate"
        }
    }
}

extension KeyListing.Key: DescribedJSON {
    static func about(_ member: CodingKeys) -> String {
        switch member {
        case .type: "its kind"
        case .bits: "its size"
        case .fingerprint: "SHA-256 of its DER form"
        }
    }
}

extension KeyMatch: DescribedJSON {
    static func about(_ member: CodingKeys) -> String {
        switch member {
        case .privateKey: "the file with the private key"
        case .certificates: "the files with its certificate"
        }
    }
}

extension KeyFingerprints: DescribedJSON {
    static func about(_ member: CodingKeys) -> String {
        switch member {
        case .file: "its path"
        case .keys: "the keys, the one that is used first"
        case .publicKeys: "SHA-256 of each key's DER form"
        case .certificates: "SHA-256 of each certificate"
        }
    }
}

extension KeyFingerprints.Key: DescribedJSON {
    static func about(_ member: CodingKeys) -> String {
        switch member {
        case .owner: "the subject of its certificate; absent for a bare key"
        case .publicKey: "SHA-256 of its DER form"
        case .certificate: "SHA-256 of its certificate"
        case .isUsed: "whether it is the one used where the settings name the file"
        }
    }
}

extension JWEListing: DescribedJSON {
    static func about(_ member: Member) -> String {
        switch member {
        case .header: "the protected header as the token has it"
        case .opened: "whether the key of `--key` opens it; absent without one"
        case .encryptedKey: "size of the encrypted key"
        case .initializationVector: "size of the initialization vector"
        case .ciphertext: "size of the ciphertext"
        case .tag: "size of the tag"
        }
    }
}
