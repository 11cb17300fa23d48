import OpenSSL

/// The certificate with which the administration shows itself, and its key: read and checked as the keys of the API are.
package struct ServerCertificate: Sendable {
    /// The setting that names the certificates' file.
    package static let setting = "admin.certificate"
    private static let keySetting = "admin.key"

    /// The chain, the server's own certificate first, in PEM.
    package let chain: [UInt8]
    /// The key, in PEM. It is a secret.
    package let key: [UInt8]
    /// Each certificate of the chain, by the time at which it ends.
    package let datedKeys: [DatedKey]

    /// Reads both files; it may block.
    ///
    /// - Parameters:
    ///   - certificate: The certificates' file, `admin.certificate`.
    ///   - key: The key's file, `admin.key`, which nobody else may be able to read.
    /// - Throws: `CredentialError` that names the setting, the file and the remedy.
    package init(certificate: String, key: String) throws(CredentialError) {
        let certificateFile = CredentialFile(setting: Self.setting, path: certificate)
        let certificateBytes = try certificateFile.read(mustBePrivate: false)
        let keyFile = CredentialFile(setting: Self.keySetting, path: key)
        let keyBytes = try keyFile.read(mustBePrivate: true)
        // Parsed separately, so that a fault of the certificate is not reported as one of the key.
        let certificates = try certificateFile.reporting {
            let file = try KeyFile(certificateBytes, password: nil, name: certificate)
            _ = try file.certificates(name: certificate)
            return file
        }
        let identity = try keyFile.reporting {
            try ClientIdentity.load(
                certificates: certificates, certificateName: certificate, key: keyBytes, keyName: key, password: nil)
        }
        chain = try certificateFile.reporting { try identity.chainPEM() }
        self.key = try keyFile.reporting { try identity.keyPEM() }
        datedKeys = DatedKey.all(identity.chain, under: Self.setting)
    }
}

extension DatedKey {
    /// Whether the administration shows itself with it, rather than calls with it.
    package var isOfAdministration: Bool { setting == ServerCertificate.setting }
}
