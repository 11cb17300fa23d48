extension Settings {
    /// Where the calls go, with which keys and how patiently.
    public struct API: Sendable {
        /// The address without a slash at its end; requests go to `<baseURL>/openings`.
        public var baseURL: String
        /// The client certificate's file: a PEM chain, or PKCS#12.
        public var clientCertificate: String
        /// Opens a PKCS#12 client certificate.
        public var clientCertificatePassword: Secret?
        /// The client key's file; nil for PKCS#12.
        public var clientKey: String?
        /// Opens an encrypted client key.
        public var clientKeyPassword: Secret?
        /// The file of trusted authorities; nil for the system's.
        public var caCertificates: String?
        /// The file of the API's public key or certificate.
        public var encryptionKey: String
        /// The kid, if it is not to be computed from the key.
        public var encryptionKeyID: String?
        /// The file of the private key that decrypts answers.
        public var decryptionKey: String
        /// Opens an encrypted decryption key.
        public var decryptionKeyPassword: Secret?
        /// How long one call may take.
        public var requestTimeout: Duration
        /// How long a connection may take to come up.
        public var connectTimeout: Duration
        /// The proxy's address, which may hold a password.
        public var proxy: Secret?
        /// Whether an unencrypted answer halts the batch.
        public var requireEncryptedAnswers: Bool

        /// Mastercard's regions.
        public enum Region: String, Sendable, CaseIterable {
            /// North America.
            case us
            /// Europe.
            case eu
            /// Asia.
            case asia
        }

        /// Mastercard's environments.
        public enum Environment: String, Sendable, CaseIterable {
            /// For tests.
            case sandbox
            /// For real.
            case production
        }

        /// Mastercard's address for a region and environment (docs/architecture.md, 'The API').
        public static func baseURL(region: Region, environment: Environment) -> String {
            let prefix = environment == .sandbox ? "sandbox." : ""
            let domain = region == .us ? "com" : region.rawValue
            return "https://\(prefix)idv.mastercard.\(domain)/identity/accounts"
        }
    }
}

extension Settings.API {
    init(from reader: inout ValueReader) throws(SettingsError) {
        baseURL = try Self.baseURL(from: &reader)
        clientCertificate = try reader.value(SettingKeys.clientCertificate)
        clientCertificatePassword = try reader.password(SettingKeys.clientCertificatePassword)
        clientKey = try reader.optional(SettingKeys.clientKey)
        clientKeyPassword = try reader.password(SettingKeys.clientKeyPassword)
        caCertificates = try reader.optional(SettingKeys.caCertificates)
        encryptionKey = try reader.value(SettingKeys.encryptionKey)
        encryptionKeyID = try reader.optional(SettingKeys.encryptionKeyID)
        decryptionKey = try reader.value(SettingKeys.decryptionKey)
        decryptionKeyPassword = try reader.password(SettingKeys.decryptionKeyPassword)
        requestTimeout = try reader.value(SettingKeys.requestTimeout)
        connectTimeout = try reader.value(SettingKeys.connectTimeout)
        proxy = try reader.optional(SettingKeys.proxy)
        requireEncryptedAnswers = try reader.value(SettingKeys.requireEncryptedAnswers)
    }

    private static func baseURL(from reader: inout ValueReader) throws(SettingsError) -> String {
        let region = try reader.optional(SettingKeys.region)
        let environment = try reader.optional(SettingKeys.environment)
        guard let region, let environment else { return try reader.value(SettingKeys.baseURL) }
        return baseURL(region: region, environment: environment)
    }
}
