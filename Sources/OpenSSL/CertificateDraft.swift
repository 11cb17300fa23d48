import COpenSSL
import Foundation

/// A certificate before it is signed.
struct CertificateDraft {
    let commonName: String
    let publicKey: PublicKey
    let notBefore: Date
    let notAfter: Date
    let extensions: CertificateExtensions

    /// Signs with SHA-256; without an issuer the certificate signs itself.
    func signed(by key: PrivateKey, issuer: Certificate?) throws -> Certificate {
        let handle = CertificateHandle(takingOwnership: try require(X509_new(), "make a certificate"))
        try fill(handle)
        if let issuer {
            try finish(handle, issuer: CertificateHandle(der: issuer.der), key)
        } else {
            try finish(handle, issuer: handle, key)
        }
        return try Certificate(handle)
    }

    private func fill(_ handle: borrowing CertificateHandle) throws {
        try require(X509_set_version(handle.pointer, Int(X509_VERSION_3)), "write a certificate's version")
        try setSerialNumber(handle)
        try setTime(notBefore, X509_getm_notBefore(handle.pointer))
        try setTime(notAfter, X509_getm_notAfter(handle.pointer))
        let name = X509_get_subject_name(handle.pointer)
        let utf8 = Int32(MBSTRING_UTF8)
        try require(
            X509_NAME_add_entry_by_NID(name, NID_commonName, utf8, commonName, -1, -1, 0), "write a certificate's name")
        try require(X509_set_pubkey(handle.pointer, publicKey.handle.pointer), "write a certificate's key")
    }

    /// 63 random bits: positive and not to be guessed (RFC 5280 §4.1.2.2).
    private func setSerialNumber(_ handle: borrowing CertificateHandle) throws {
        let number = try SecureRandom.bytes(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) } >> 1
        try require(ASN1_INTEGER_set_uint64(X509_get_serialNumber(handle.pointer), number | 1), "write a serial number")
    }

    private func setTime(_ date: Date, _ time: UnsafeMutablePointer<ASN1_TIME>?) throws {
        _ = try require(ASN1_TIME_set(time, time_t(date.timeIntervalSince1970)), "write a certificate's validity")
    }

    private func finish(
        _ handle: borrowing CertificateHandle, issuer: borrowing CertificateHandle, _ key: PrivateKey
    ) throws {
        let name = X509_get_subject_name(issuer.pointer)
        try require(X509_set_issuer_name(handle.pointer, name), "write a certificate's issuer")
        try extensions.add(to: handle, issuer: issuer)
        try require(X509_sign(handle.pointer, key.handle.pointer, EVP_sha256()), "sign a certificate")
    }
}
