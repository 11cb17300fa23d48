import Basics
import Foundation
import JOSE
import OpenSSL

/// Loads each kind of key material from its file and names the setting that is wrong.
struct CredentialLoader {
    let files: CredentialFiles

    func identity() throws(CredentialError) -> ClientIdentity {
        let certificate = CredentialFile(setting: CredentialSetting.clientCertificate, path: files.clientCertificate)
        // A certificate alone is public; PKCS#12, which is given without a separate key, holds the private key.
        let certificateBytes = try certificate.read(mustBePrivate: files.clientKey == nil)
        let key = files.clientKey.map { CredentialFile(setting: CredentialSetting.clientKey, path: $0) }
        let keyBytes = try key?.read(mustBePrivate: true)
        // Parsed separately, so that a fault of the certificate is not reported as one of the key.
        let certificates = try certificate.reporting {
            let file = try KeyFile(
                certificateBytes, password: files.clientKeyPassword, name: files.clientCertificate)
            _ = try file.certificates(name: files.clientCertificate)
            return file
        }
        return try (key ?? certificate).reporting {
            try ClientIdentity.load(
                certificates: certificates, certificateName: files.clientCertificate, key: keyBytes,
                keyName: files.clientKey, password: files.clientKeyPassword)
        }
    }

    /// The authorities that may have signed the server's certificate; nil for the system's.
    func authorities() throws(CredentialError) -> [Certificate]? {
        guard let path = files.caCertificates else { return nil }
        let file = CredentialFile(setting: CredentialSetting.caCertificates, path: path)
        let bytes = try file.read(mustBePrivate: false)
        return try file.reporting { try Certificate.load(bytes, name: path) }
    }

    /// The authorities as they are given to TLS, in PEM.
    func pem(of authorities: [Certificate]?) throws(CredentialError) -> [UInt8]? {
        guard let path = files.caCertificates, let authorities else { return nil }
        return try CredentialFile(setting: CredentialSetting.caCertificates, path: path).reporting {
            try authorities.reduce(into: [UInt8]()) { $0 += try $1.pem() }
        }
    }

    /// The key to which requests are encrypted, the id sent with it, and its certificate where the file has one.
    func encryptionKey() throws(CredentialError) -> (key: PublicKey, id: KeyID, certificate: Certificate?) {
        let file = CredentialFile(setting: CredentialSetting.encryptionKey, path: files.encryptionKey)
        let bytes = try file.read(mustBePrivate: false)
        return try file.reporting {
            let content = try KeyFile(bytes, password: nil, name: files.encryptionKey)
            let key = try content.encryptionKey(name: files.encryptionKey)
            let certificate = content.leafCertificate
            let id = KeyID(files.encryptionKeyID, fingerprint: key.fingerprint, certificate: certificate?.fingerprint)
            return (key, id, certificate)
        }
    }

    func encrypter(to key: PublicKey, keyID: String) throws(CredentialError) -> JWEEncrypter {
        let file = CredentialFile(setting: CredentialSetting.encryptionKeyID, path: files.encryptionKey)
        return try file.reporting { try JWEEncrypter(publicKey: key, keyID: keyID) }
    }

    /// The keys that decrypt answers, in the settings' order, each with the certificates that its file has of it.
    func decryptionKeys() throws(CredentialError) -> [(key: PrivateKey, certificates: [Certificate])] {
        var keys: [(PrivateKey, [Certificate])] = []
        for key in files.decryptionKeys { keys.append(try decryptionKey(key)) }
        return keys
    }

    private func decryptionKey(
        _ named: CredentialFiles.DecryptionKey
    ) throws(CredentialError) -> (PrivateKey, [Certificate]) {
        let file = CredentialFile(setting: CredentialSetting.decryptionKey, path: named.path)
        let bytes = try file.read(mustBePrivate: true)
        return try file.reporting {
            let content = try KeyFile(bytes, password: named.password, name: named.path)
            let key = try content.decryptionKey(name: named.path)
            return (key, content.certificates.filter { $0.matches(key) })
        }
    }
}

extension CredentialFile {
    /// Runs `body` and rethrows any error as one about this file.
    func reporting<Value>(_ body: () throws -> Value) throws(CredentialError) -> Value {
        do {
            return try body()
        } catch let error as OpenSSLError {
            var named = self.error(error.message)
            named.isMismatch = error.code == .mismatch
            throw named
        } catch {
            throw self.error("\(path): \(error)")
        }
    }
}

/// One file of key material: read whole, and refused where others could have read it.
struct CredentialFile {
    let setting: String
    let path: String

    /// Longest key or certificate file read, in bytes; a chain of PEM certificates is far below it.
    static let maximumBytes = 1 << 20

    /// The file's bytes.
    ///
    /// - Parameter mustBePrivate: Whether the file holds a private key, so that group and others may have no access.
    /// - Returns: The whole content, at least one byte.
    /// - Throws: `CredentialError` with the remedy.
    func read(mustBePrivate: Bool) throws(CredentialError) -> [UInt8] {
        let file = try reading { () throws(SystemFault) in try OwnedDescriptor(opening: path, O_RDONLY) }
        try check(try reading { () throws(SystemFault) in try file.facts() }, mustBePrivate: mustBePrivate)
        let bytes = try reading { () throws(SystemFault) in try file.read(upTo: Self.maximumBytes + 1) }
        guard bytes.count <= Self.maximumBytes else { throw failure("is larger than any key; is it the right file?") }
        guard !bytes.isEmpty else { throw failure("is empty; put the key or certificate there") }
        return bytes
    }

    /// Why a file cannot be read, by the system's `errno`, and what to do.
    static func obstacle(_ code: Int32) -> String {
        switch code {
        case ENOENT, ENOTDIR: "is not there; correct the path, or put the file there"
        case EACCES, EPERM: "may not be read by this user; give it to the one that runs Rollcall, private (chmod 600)"
        case ELOOP: "is a link that leads nowhere; name the file itself"
        default: "cannot be read (\(String(cString: strerror(code)))); check the path and the disk"
        }
    }

    /// What is wrong with the file, as a clause that follows its path.
    private func failure(_ predicate: String) -> CredentialError { error("\(path) \(predicate)") }

    /// What is wrong with the file, as a sentence that names it.
    func error(_ message: String) -> CredentialError {
        CredentialError(setting: setting, path: path, message: message)
    }

    private func reading<Value: ~Copyable>(_ calls: () throws(SystemFault) -> Value) throws(CredentialError) -> Value {
        try SystemFault.translating(by: { failure(Self.obstacle($0.code)) }, calls)
    }

    private func check(_ facts: stat, mustBePrivate: Bool) throws(CredentialError) {
        guard facts.st_mode & S_IFMT == S_IFREG else {
            let isFolder = facts.st_mode & S_IFMT == S_IFDIR
            throw failure("is \(isFolder ? "a folder" : "not a regular file"); name the key's own file")
        }
        guard !mustBePrivate || facts.st_mode & 0o077 == 0 else {
            throw failure("can be read by others; make it private with chmod 600")
        }
    }
}

/// Where the keys and certificates of one endpoint lie, as the settings name them.
package struct CredentialFiles: Sendable {
    /// PEM chain, leaf first, or PKCS#12: `api.client_certificate`.
    package var clientCertificate: String
    /// PEM or DER private key: `api.client_key`; nil where the certificate is PKCS#12.
    package var clientKey: String?
    /// Password of the client key, or of the PKCS#12 file.
    package var clientKeyPassword: String?
    /// PEM authorities that may have signed the server's certificate; nil for the system's.
    package var caCertificates: String?
    /// Mastercard's public key, or a certificate holding it: `api.encryption_key`.
    package var encryptionKey: String
    /// The `kid` to send; nil for the key's fingerprint.
    package var encryptionKeyID: String?
    /// Our private keys, at least one: `api.decryption_key`.
    package var decryptionKeys: [DecryptionKey]

    /// A file of a private key, and what opens it.
    package struct DecryptionKey: Sendable {
        /// PEM, DER or PKCS#12.
        package var path: String
        package var password: String?

        /// Names a file and its password.
        package init(path: String, password: String? = nil) { (self.path, self.password) = (path, password) }
    }

    /// Names the files of one endpoint; paths are used as they are.
    package init(
        clientCertificate: String, clientKey: String?, clientKeyPassword: String? = nil, caCertificates: String? = nil,
        encryptionKey: String, encryptionKeyID: String? = nil, decryptionKeys: [DecryptionKey]
    ) {
        self.clientCertificate = clientCertificate
        self.clientKey = clientKey
        self.clientKeyPassword = clientKeyPassword
        self.caCertificates = caCertificates
        self.encryptionKey = encryptionKey
        self.encryptionKeyID = encryptionKeyID
        self.decryptionKeys = decryptionKeys
    }
}
