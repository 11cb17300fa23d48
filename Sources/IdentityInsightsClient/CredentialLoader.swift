internal import JOSE
internal import OpenSSL

/// Loads each kind of key material from its file and says which setting is wrong where one is.
struct CredentialLoader {
    let files: CredentialFiles

    func identity() throws(CredentialError) -> ClientIdentity {
        let certificate = CredentialFile(setting: "api.client_certificate", path: files.clientCertificate)
        // A certificate alone is public; PKCS#12, which is given without a key beside it, holds the private key.
        let certificateBytes = try certificate.read(mustBePrivate: files.clientKey == nil)
        let key = files.clientKey.map { CredentialFile(setting: "api.client_key", path: $0) }
        let keyBytes = try key?.read(mustBePrivate: true)
        // By itself first, so that what is wrong with it is not told of the key.
        try certificate.reporting {
            _ = try KeyFile(certificateBytes, password: files.clientKeyPassword, name: files.clientCertificate)
                .certificates(name: files.clientCertificate)
        }
        return try (key ?? certificate).reporting {
            try ClientIdentity.load(
                certificate: certificateBytes, certificateName: files.clientCertificate, key: keyBytes,
                keyName: files.clientKey, password: files.clientKeyPassword)
        }
    }

    func authorities() throws(CredentialError) -> [UInt8]? {
        guard let path = files.caCertificates else { return nil }
        let file = CredentialFile(setting: "api.ca_certificates", path: path)
        let bytes = try file.read(mustBePrivate: false)
        return try file.reporting {
            try Certificate.load(bytes, name: path).reduce(into: [UInt8]()) { $0 += try $1.pem() }
        }
    }

    /// The key that requests are encrypted to, and the id it is sent under.
    func encryptionKey() throws(CredentialError) -> (key: PublicKey, id: KeyID) {
        let file = CredentialFile(setting: "api.encryption_key", path: files.encryptionKey)
        let bytes = try file.read(mustBePrivate: false)
        return try file.reporting {
            let key = try PublicKey.load(bytes, name: files.encryptionKey)
            let certificates = try KeyFile(bytes, password: nil, name: files.encryptionKey).certificates
            let certificate = certificates.first { $0.publicKey.fingerprint == key.fingerprint }
            let id = KeyID(files.encryptionKeyID, fingerprint: key.fingerprint, certificate: certificate?.fingerprint)
            return (key, id)
        }
    }

    func encrypter(to key: PublicKey, keyID: String) throws(CredentialError) -> JWEEncrypter {
        let file = CredentialFile(setting: "api.encryption_key_id", path: files.encryptionKey)
        return try file.reporting { try JWEEncrypter(publicKey: key, keyID: keyID) }
    }

    func decryptionKey() throws(CredentialError) -> PrivateKey {
        let file = CredentialFile(setting: "api.decryption_key", path: files.decryptionKey)
        let bytes = try file.read(mustBePrivate: true)
        return try file.reporting {
            try PrivateKey.load(bytes, password: files.decryptionKeyPassword, name: files.decryptionKey)
        }
    }
}

extension CredentialFile {
    /// Runs `body` and tells any error as this file's.
    func reporting<Value>(_ body: () throws -> Value) throws(CredentialError) -> Value {
        do {
            return try body()
        } catch let error as OpenSSLError {
            throw self.error(error.message)
        } catch {
            throw self.error("\(path): \(error)")
        }
    }
}
