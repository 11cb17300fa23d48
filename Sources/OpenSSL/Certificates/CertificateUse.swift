import COpenSSL

/// What a certificate may be used for, by its extensions and its signature.
package struct CertificateUse: Sendable, Equatable {
    /// A purpose in the extended key usage (RFC 5280 §4.2.1.12).
    package enum Purpose: String, Sendable, CaseIterable {
        /// A client of TLS.
        case clientAuth
        /// A server of TLS.
        case serverAuth
        /// Signed or encrypted mail.
        case emailProtection
        /// Signed programs.
        case codeSigning
        /// Any purpose.
        case any

        var flag: UInt32 {
            switch self {
            case .clientAuth: UInt32(XKU_SSL_CLIENT)
            case .serverAuth: UInt32(XKU_SSL_SERVER)
            case .emailProtection: UInt32(XKU_SMIME)
            case .codeSigning: UInt32(XKU_CODE_SIGN)
            case .any: UInt32(XKU_ANYEKU)
            }
        }
    }

    /// The purposes it names, other ones left out; nil: it names none at all, and so allows every purpose.
    package let purposes: [Purpose]?
    /// Whether its key may sign (RFC 5280 §4.2.1.3, digitalSignature), as TLS 1.3 demands of both sides (RFC 8446
    /// §4.4.2.2).
    package let allowsSigning: Bool
    /// Whether it is an authority's (RFC 5280 §4.2.1.9).
    package let isAuthority: Bool
    /// The strength of its signature in bits, as OpenSSL rates it: 128 for SHA-256, 63 for SHA-1, 39 for MD5.
    package let signatureStrength: Int

    /// Describes a certificate's use.
    package init(
        purposes: [Purpose]?, allowsSigning: Bool = true, isAuthority: Bool = false, signatureStrength: Int = 128
    ) {
        self.purposes = purposes
        self.allowsSigning = allowsSigning
        self.isAuthority = isAuthority
        self.signatureStrength = signatureStrength
    }

    init(_ certificate: borrowing CertificateHandle) {
        // All bits are set where the extension is absent (man 3 X509_get_extended_key_usage).
        let extended = X509_get_extended_key_usage(certificate.pointer)
        purposes = extended == .max ? nil : Purpose.allCases.filter { extended & $0.flag != 0 }
        allowsSigning = X509_get_key_usage(certificate.pointer) & UInt32(KU_DIGITAL_SIGNATURE) != 0
        isAuthority = X509_check_ca(certificate.pointer) == 1
        var strength: Int32 = 0
        X509_get_signature_info(certificate.pointer, nil, nil, &strength, nil)
        signatureStrength = Int(strength)
    }

    /// Whether a client of TLS may show it.
    package var allowsClients: Bool { purposes.map { $0.contains(.clientAuth) || $0.contains(.any) } ?? true }

    /// Whether OpenSSL takes its signature in TLS at the usual security level 2 (man 3 SSL_CTX_set_security_level).
    package var isStronglySigned: Bool { signatureStrength >= 112 }
}

extension Certificate {
    /// Whether it was signed with its own key.
    package var isSelfSigned: Bool { issuer == subject && isSigned(by: self) }

    /// Whether its signature is that of another certificate's key.
    ///
    /// - Parameter issuer: The supposed issuer.
    /// - Returns: False also where the signature cannot be checked.
    package func isSigned(by issuer: Certificate) -> Bool {
        guard let handle = try? CertificateHandle(der: der) else { return false }
        defer { ERR_clear_error() }
        return X509_verify(handle.pointer, issuer.publicKey.handle.pointer) == 1
    }
}
