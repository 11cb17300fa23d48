/// The `kid` that goes with each request.
///
/// Mastercard knows an encryption key by the SHA-256 of its public key's DER form in lower-case hex
/// (`encryptionKeyFingerprint` of its client-encryption libraries). Portals and `openssl` show it in capitals, with
/// colons or spaces; sent so, every call would be refused.
struct KeyID: Sendable, Equatable {
    /// What a person should know of the one that was set.
    enum Remark: Sendable, Equatable {
        /// It is the key's own fingerprint, written otherwise.
        case writtenOtherwise
        /// It is the fingerprint of the certificate that the key stands in.
        case ofCertificate
        /// It is neither.
        case ofAnother
    }

    /// As it is sent.
    let sent: String
    /// The key's own fingerprint.
    let fingerprint: String
    let remark: Remark?

    /// The one to send.
    ///
    /// - Parameters:
    ///   - text: `api.encryption_key_id`; nil: the key's own fingerprint.
    ///   - fingerprint: The public key's.
    ///   - certificate: The fingerprint of the certificate the key stands in; nil for a bare key.
    init(_ text: String?, fingerprint: String, certificate: String?) {
        self.fingerprint = fingerprint
        sent = text.map { Self.digits(of: $0) ?? $0 } ?? fingerprint
        switch sent {
        case fingerprint: remark = text == nil || text == fingerprint ? nil : .writtenOtherwise
        case certificate: remark = .ofCertificate
        default: remark = .ofAnother
        }
    }

    /// The 64 lower-case digits of a fingerprint, however it is written; nil where the text is none.
    private static func digits(of text: String) -> String? {
        var rest = text.lowercased()[...]
        // `sha256 Fingerprint=46:D8:…`, as `openssl x509 -fingerprint` prints it; `SHA256:…` as others do.
        for prefix in ["sha256 fingerprint=", "sha256:", "sha-256:"] where rest.hasPrefix(prefix) {
            rest = rest.dropFirst(prefix.count)
        }
        let digits = rest.filter { !":- \t".contains($0) }
        let isHexadecimal = digits.utf8.allSatisfy { (48...57).contains($0) || (97...102).contains($0) }
        return digits.utf8.count == 64 && isHexadecimal ? String(digits) : nil
    }
}

extension KeyID {
    /// The key id in words, with the remark.
    var text: String {
        switch remark {
        case nil: "kid \(sent)"
        case .writtenOtherwise: "kid \(sent) (set in another writing; it is sent so)"
        case .ofCertificate, .ofAnother: "kid \(sent) as set; its fingerprint is \(fingerprint)"
        }
    }

    /// What is probably wrong with the one that was set, and what to do.
    var warning: String? {
        guard remark == .ofCertificate else { return nil }
        return "api.encryption_key_id is the fingerprint of the certificate, and the API knows the key by that of the "
            + "public key, \(fingerprint); take the setting out, unless Mastercard told you otherwise"
    }
}
