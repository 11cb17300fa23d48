/// What a client presents in mutual TLS: a certificate, its chain, and the key.
package struct ClientIdentity: Sendable {
    /// The client's certificate first, then its issuers as far as they were given.
    package let chain: [Certificate]
    /// The private key of the first certificate.
    package let key: PrivateKey

    /// Reads an identity.
    ///
    /// - Parameters:
    ///   - certificate: A PEM chain, a DER certificate, or a PKCS#12 keystore that holds the key as well.
    ///   - certificateName: What to call that file in an error, such as the setting and the file's name.
    ///   - key: The private key, PEM or DER, RSA or EC; nil when `certificate` holds it too.
    ///   - keyName: What to call the key's file in an error.
    ///   - password: The password of the key or keystore; nil when there is none.
    /// - Returns: The identity, whose key and certificate match.
    /// - Throws: ``OpenSSLError`` when a file has the wrong content, is locked or too weak, or the two do not match.
    package static func load(
        certificate: [UInt8], certificateName: String, key: [UInt8]?, keyName: String?, password: String?
    ) throws -> ClientIdentity {
        let file = try KeyFile(certificate, password: password, name: certificateName)
        return try load(
            certificates: file, certificateName: certificateName, key: key, keyName: keyName, password: password)
    }

    /// Reads an identity whose certificates' file has been opened.
    ///
    /// - Parameters:
    ///   - file: The certificates; of a keystore, the key as well.
    ///   - certificateName: What to call that file in an error.
    ///   - key: The private key, PEM or DER, RSA or EC; nil when `file` holds it too.
    ///   - keyName: What to call the key's file in an error.
    ///   - password: The password of the key; nil when there is none.
    /// - Returns: The identity, whose key and certificate match.
    /// - Throws: ``OpenSSLError``, as for bytes.
    package static func load(
        certificates file: KeyFile, certificateName: String, key: [UInt8]?, keyName: String?, password: String?
    ) throws -> ClientIdentity {
        let certificates = try file.certificates(name: certificateName)
        let keyName = key == nil ? certificateName : keyName ?? "client_key"
        let keyFile = try key.map { try KeyFile($0, password: password, name: keyName) } ?? file
        let privateKey = try keyFile.onlyPrivateKey(
            name: keyName, remedy: "the private key that belongs to \(certificateName) is wanted there")
        try KeyFile.requireStrength(privateKey.publicKey, name: keyName)
        guard let leaf = certificates.first(where: { $0.matches(privateKey) }) else {
            throw OpenSSLError.refused(
                .mismatch,
                "\(keyName) does not belong to \(certificateName): their public keys differ; give the pair that does")
        }
        return ClientIdentity(leaf: leaf, among: certificates, key: privateKey)
    }

    init(leaf: Certificate, among certificates: [Certificate], key: PrivateKey) {
        chain = Self.chain(from: leaf, among: certificates)
        self.key = key
    }

    /// The certificates as one PEM, the client's first.
    ///
    /// - Returns: ASCII.
    /// - Throws: ``OpenSSLError`` when OpenSSL fails.
    package func chainPEM() throws -> [UInt8] {
        try chain.flatMap { try $0.pem() }
    }

    /// The key as unencrypted PEM, PKCS#8.
    ///
    /// - Returns: ASCII. It is a secret.
    /// - Throws: ``OpenSSLError`` when OpenSSL fails.
    package func keyPEM() throws -> [UInt8] {
        try key.pem()
    }

    /// Each certificate followed by its issuer (RFC 8446 §4.4.2); those that certify nothing in the chain come last.
    private static func chain(from leaf: Certificate, among certificates: [Certificate]) -> [Certificate] {
        var chain = [leaf]
        var others = certificates.filter { $0.der != leaf.der }
        while let last = chain.last, let next = others.firstIndex(where: { $0.subject == last.issuer }) {
            chain.append(others.remove(at: next))
        }
        return chain + others
    }
}
