import COpenSSL

extension PKCS12 {
    /// Packs an identity: the key, its certificate, and the chain above it.
    static func encode(_ identity: ClientIdentity, password: String, legacyRC2: Bool) throws -> [UInt8] {
        try LegacyProviders.withContext { library in
            let leaf = try CertificateHandle(der: identity.chain.first?.der ?? [])
            let issuers = try stack(of: identity.chain.dropFirst())
            defer { COpenSSL_sk_X509_pop_free(issuers) }
            let keyCipher = legacyRC2 ? NID_pbe_WithSHA1And3_Key_TripleDES_CBC : 0
            let certificateCipher = legacyRC2 ? NID_pbe_WithSHA1And40BitRC2_CBC : 0
            let store = try require(
                PKCS12_create_ex(
                    password, "rollcall", identity.key.handle.pointer, leaf.pointer, issuers, keyCipher,
                    certificateCipher, 0, 0, 0, library, nil),
                "make a keystore")
            defer { PKCS12_free(store) }
            return try DER.encode { i2d_PKCS12(store, $0) }
        }
    }

    private static func stack(of certificates: ArraySlice<Certificate>) throws -> OpaquePointer {
        let stack = try require(COpenSSL_sk_X509_new_null(), "make a list of certificates")
        do {
            for certificate in certificates { try push(certificate, to: stack) }
        } catch {
            COpenSSL_sk_X509_pop_free(stack)
            throw error
        }
        return stack
    }

    private static func push(_ certificate: Certificate, to stack: OpaquePointer) throws {
        let handle = try CertificateHandle(der: certificate.der)
        // The list owns what is in it, so it is given a reference of its own, and before it can give it back.
        try require(X509_up_ref(handle.pointer), "make a list of certificates")
        do {
            try require(COpenSSL_sk_X509_push(stack, handle.pointer), "make a list of certificates")
        } catch {
            X509_free(handle.pointer)
            throw error
        }
    }
}
