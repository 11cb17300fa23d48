import COpenSSL

extension CertificateHandle {
    /// The DNS names and IP addresses of the subjectAltName extension (RFC 5280 §4.2.1.6); none when it is absent.
    func alternativeNames() -> [String] {
        guard let found = X509_get_ext_d2i(pointer, NID_subject_alt_name, nil, nil) else {
            ERR_clear_error()
            return []
        }
        let names = OpaquePointer(found)
        defer { GENERAL_NAMES_free(names) }
        return (0..<COpenSSL_sk_GENERAL_NAME_num(names)).compactMap { index in
            COpenSSL_sk_GENERAL_NAME_value(names, index).flatMap(Self.text)
        }
    }

    private static func text(of name: UnsafeMutablePointer<GENERAL_NAME>) -> String? {
        var kind: Int32 = 0
        guard let value = GENERAL_NAME_get0_value(name, &kind) else { return nil }
        let string = value.assumingMemoryBound(to: ASN1_STRING.self)
        let bytes = UnsafeBufferPointer(start: ASN1_STRING_get0_data(string), count: Int(ASN1_STRING_length(string)))
        switch kind {
        case GEN_DNS: return String(decoding: bytes, as: UTF8.self)
        case GEN_IPADD: return address(bytes)
        default: return nil
        }
    }

    private static func address(_ bytes: UnsafeBufferPointer<UInt8>) -> String? {
        if bytes.count == 4 { return bytes.map(String.init).joined(separator: ".") }
        guard bytes.count == 16 else { return nil }
        let groups = stride(from: 0, to: 16, by: 2).map { UInt16(bytes[$0]) << 8 | UInt16(bytes[$0 + 1]) }
        return groups.map { String($0, radix: 16) }.joined(separator: ":")
    }
}
