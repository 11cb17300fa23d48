/// Where the keys and certificates of one endpoint lie, as the settings name them.
public struct CredentialFiles: Sendable {
    /// PEM chain, leaf first, or PKCS#12: `api.client_certificate`.
    public var clientCertificate: String
    /// PEM or DER private key: `api.client_key`; nil where the certificate is PKCS#12.
    public var clientKey: String?
    /// Password of the client key, or of the PKCS#12 file.
    public var clientKeyPassword: String?
    /// PEM authorities that may have signed the server's certificate; nil for the system's.
    public var caCertificates: String?
    /// Mastercard's public key, or a certificate holding it: `api.encryption_key`.
    public var encryptionKey: String
    /// The `kid` to send; nil for the key's fingerprint.
    public var encryptionKeyID: String?
    /// Our private key: `api.decryption_key`.
    public var decryptionKey: String
    /// Password of the decryption key.
    public var decryptionKeyPassword: String?

    /// Names the files of one endpoint; paths are used as they are.
    public init(
        clientCertificate: String, clientKey: String?, clientKeyPassword: String? = nil, caCertificates: String? = nil,
        encryptionKey: String, encryptionKeyID: String? = nil, decryptionKey: String,
        decryptionKeyPassword: String? = nil
    ) {
        self.clientCertificate = clientCertificate
        self.clientKey = clientKey
        self.clientKeyPassword = clientKeyPassword
        self.caCertificates = caCertificates
        self.encryptionKey = encryptionKey
        self.encryptionKeyID = encryptionKeyID
        self.decryptionKey = decryptionKey
        self.decryptionKeyPassword = decryptionKeyPassword
    }
}
