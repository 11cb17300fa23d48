import COpenSSL

/// The extensions of a certificate, in OpenSSL's configuration language (man 5 x509v3_config).
struct CertificateExtensions {
    private let values: [(nid: Int32, value: String)]

    /// Those of an authority.
    static let authority = CertificateExtensions(values: [
        (NID_basic_constraints, "critical,CA:TRUE"),
        (NID_key_usage, "critical,keyCertSign,cRLSign"),
        (NID_subject_key_identifier, "hash"),
    ])

    /// Those of a client or a server.
    static func leaf(client: Bool, dnsNames: [String], ipAddresses: [String]) -> CertificateExtensions {
        let names = dnsNames.map { "DNS:\($0)" } + ipAddresses.map { "IP:\($0)" }
        let alternatives = names.isEmpty ? [] : [(NID_subject_alt_name, names.joined(separator: ","))]
        return CertificateExtensions(
            values: [
                (NID_basic_constraints, "critical,CA:FALSE"),
                (NID_key_usage, "critical,digitalSignature,keyEncipherment"),
                (NID_ext_key_usage, client ? "clientAuth" : "serverAuth"),
                (NID_subject_key_identifier, "hash"),
                (NID_authority_key_identifier, "keyid:always"),
            ] + alternatives)
    }

    func add(to certificate: borrowing CertificateHandle, issuer: borrowing CertificateHandle) throws {
        var context = X509V3_CTX()
        X509V3_set_ctx(&context, issuer.pointer, certificate.pointer, nil, nil, 0)
        for (nid, value) in values {
            let made = try require(X509V3_EXT_conf_nid(nil, &context, nid, value), "write a certificate's extension")
            defer { X509_EXTENSION_free(made) }
            try require(X509_add_ext(certificate.pointer, made, -1), "write a certificate's extension")
        }
    }
}
