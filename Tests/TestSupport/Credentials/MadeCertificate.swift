import COpenSSL
package import Foundation

/// A certificate for tests: of any purpose, time and issuer.
///
/// `@unchecked Sendable`: the certificate is never changed once it is signed, and several threads may read an `X509`.
package final class MadeCertificate: @unchecked Sendable {
    /// What is to be in it.
    package struct Profile: Sendable {
        /// The subject's name.
        package var name: String
        /// The start of its validity.
        package var begin = Date.now - 86_400
        /// The end of its validity.
        package var end = Date.now + 365 * 86_400
        /// The extended key usage in OpenSSL's words, such as `clientAuth`; nil: none.
        package var purposes: String?
        /// The key usage in OpenSSL's words.
        package var usage = "critical,digitalSignature,keyEncipherment"
        /// Whether it is an authority's.
        package var isAuthority = false
        /// Host names and addresses, such as `IP:127.0.0.1`; nil: none.
        package var hosts: String?
        /// Whether it is signed with SHA-1.
        package var isSHA1 = false

        /// A certificate of that name, for clients of TLS unless it is changed.
        package init(_ name: String, purposes: String? = "clientAuth") {
            self.name = name
            self.purposes = purposes
        }

        /// An authority of that name.
        package static func authority(_ name: String) -> Profile {
            var profile = Profile(name, purposes: nil)
            profile.isAuthority = true
            profile.usage = "critical,keyCertSign,cRLSign"
            return profile
        }
    }

    /// The certified key.
    package let key: MadeKey
    let pointer: OpaquePointer

    /// Makes and signs one.
    ///
    /// - Parameters:
    ///   - profile: What is in it.
    ///   - key: The key it certifies; nil: a new one.
    ///   - issuer: Who signs; nil: the key itself.
    /// - Throws: What OpenSSL refuses.
    package init(_ profile: Profile, key: MadeKey? = nil, by issuer: MadeCertificate? = nil) throws {
        let key = try key ?? .rsa()
        self.key = key
        pointer = try made(X509_new())
        try done(X509_set_version(pointer, Int(X509_VERSION_3)))
        try done(ASN1_INTEGER_set_uint64(X509_get_serialNumber(pointer), .random(in: 1...(.max >> 1))))
        _ = try made(ASN1_TIME_set(X509_getm_notBefore(pointer), time_t(profile.begin.timeIntervalSince1970)))
        _ = try made(ASN1_TIME_set(X509_getm_notAfter(pointer), time_t(profile.end.timeIntervalSince1970)))
        let subject = X509_get_subject_name(pointer)
        try done(X509_NAME_add_entry_by_NID(subject, NID_commonName, Int32(MBSTRING_UTF8), profile.name, -1, -1, 0))
        try done(X509_set_pubkey(pointer, key.pointer))
        try done(X509_set_issuer_name(pointer, X509_get_subject_name(issuer?.pointer ?? pointer)))
        try addExtensions(of: profile)
        try done(X509_sign(pointer, (issuer?.key ?? key).pointer, profile.isSHA1 ? EVP_sha1() : EVP_sha256()))
    }

    deinit { X509_free(pointer) }

    private func addExtensions(of profile: Profile) throws {
        let values: [(Int32, String?)] = [
            (NID_basic_constraints, profile.isAuthority ? "critical,CA:TRUE" : "critical,CA:FALSE"),
            (NID_key_usage, profile.usage), (NID_ext_key_usage, profile.purposes),
            (NID_subject_alt_name, profile.hosts),
        ]
        for case (let identifier, let value?) in values {
            let made = try TestSupport.made(X509V3_EXT_conf_nid(nil, nil, identifier, value))
            defer { X509_EXTENSION_free(made) }
            try done(X509_add_ext(pointer, made, -1))
        }
    }
}

extension MadeCertificate {
    /// The certificate as PEM.
    package func pem() throws -> [UInt8] { try written { PEM_write_bio_X509($0, pointer) } }

    /// The certificate as DER.
    package func der() throws -> [UInt8] { try encoded { i2d_X509(pointer, $0) } }

    /// A PKCS#7 bundle of it alone, as `.p7b` files are.
    package func pkcs7(der: Bool = false) throws -> [UInt8] {
        let bundle = try made(PKCS7_new())
        defer { PKCS7_free(bundle) }
        try done(PKCS7_set_type(bundle, NID_pkcs7_signed))
        try done(PKCS7_content_new(bundle, NID_pkcs7_data))
        try done(PKCS7_add_certificate(bundle, pointer))
        return der ? try encoded { i2d_PKCS7(bundle, $0) } : try written { PEM_write_bio_PKCS7($0, bundle) }
    }

    /// An empty list of revoked certificates of this authority, as PEM.
    package func revocationList() throws -> [UInt8] {
        let list = try unownedRevocationList(revoking: [])
        defer { X509_CRL_free(list) }
        return try written { PEM_write_bio_X509_CRL($0, list) }
    }

    /// A list of the certificates this authority has revoked, for the caller to free.
    func unownedRevocationList(revoking certificates: [MadeCertificate]) throws -> OpaquePointer {
        let list = try made(X509_CRL_new())
        try done(X509_CRL_set_version(list, 1))
        try done(X509_CRL_set_issuer_name(list, X509_get_subject_name(pointer)))
        let last = try made(ASN1_TIME_set(nil, time(nil) - 3_600))
        let next = try made(ASN1_TIME_set(nil, time(nil) + 86_400))
        defer {
            ASN1_TIME_free(last)
            ASN1_TIME_free(next)
        }
        try done(X509_CRL_set1_lastUpdate(list, last))
        try done(X509_CRL_set1_nextUpdate(list, next))
        for certificate in certificates {
            let entry = try made(X509_REVOKED_new())
            try done(X509_REVOKED_set_serialNumber(entry, X509_get_serialNumber(certificate.pointer)))
            try done(X509_REVOKED_set_revocationDate(entry, last))
            // The list owns its entries.
            try done(X509_CRL_add0_revoked(list, entry))
        }
        try done(X509_CRL_sign(list, key.pointer, EVP_sha256()))
        return list
    }

    /// A keystore of key and certificate.
    ///
    /// - Parameters:
    ///   - password: The password's bytes, in whatever encoding an exporter would use.
    ///   - isRC2: Whether it has the ciphers of older exporters: RC2-40 for certificates, Triple DES for the key.
    /// - Returns: The PKCS#12 file.
    /// - Throws: What OpenSSL refuses.
    package func pkcs12(password: [UInt8], isRC2: Bool = false) throws -> [UInt8] {
        let library = try made(OSSL_LIB_CTX_new())
        defer { OSSL_LIB_CTX_free(library) }
        let names = ["default", "legacy"]
        let providers = try names.map { (name: String) in try made(OSSL_PROVIDER_load(library, name)) }
        defer { for provider in providers { _ = OSSL_PROVIDER_unload(provider) } }
        let text = password.map { CChar(bitPattern: $0) } + [0]
        let store = try made(
            PKCS12_create_ex(
                text, "made", key.pointer, pointer, nil, isRC2 ? NID_pbe_WithSHA1And3_Key_TripleDES_CBC : 0,
                isRC2 ? NID_pbe_WithSHA1And40BitRC2_CBC : 0, 0, 0, 0, library, nil))
        defer { PKCS12_free(store) }
        return try encoded { i2d_PKCS12(store, $0) }
    }
}
