extension SettingKeys {
    static let baseURL = SettingKey(
        "api.base_url", .httpsURL, "the API's address; instead of it, region and environment")
    static let region = SettingKey<Settings.API.Region>("api.region", .choice, "Mastercard's region")
    static let environment = SettingKey<Settings.API.Environment>(
        "api.environment", .choice, "Mastercard's environment in that region")
    static let clientCertificate = SettingKey(
        "api.client_certificate", .path, "the certificate shown to the API: a PEM chain, or PKCS#12 with its key")
    static let clientCertificatePassword = SettingKey(
        "api.client_certificate_password", .secret, "opens a PKCS#12 client certificate")
    static let clientKey = SettingKey(
        "api.client_key", .path, "the client certificate's private key; not for PKCS#12")
    static let clientKeyPassword = SettingKey("api.client_key_password", .secret, "opens an encrypted client key")
    static let caCertificates = SettingKey(
        "api.ca_certificates", .path, "whom the API's certificate must come from; absent: the system's authorities")
    static let encryptionKey = SettingKey(
        "api.encryption_key", .path, "encrypts requests: the API's certificate or public key, PEM or DER")
    static let encryptionKeyID = SettingKey(
        "api.encryption_key_id", .text, "the kid; absent: SHA-256 of the DER public key, in hex")
    static let decryptionKey = SettingKey(
        "api.decryption_key", .path, "decrypts answers: your private key, PEM, DER or PKCS#12")
    static let decryptionKeyPassword = SettingKey(
        "api.decryption_key_password", .secret, "opens an encrypted decryption key")
    static let requestTimeout = SettingKey(
        "api.request_timeout", .duration(.milliseconds(1)...(.seconds(600)), "at most 10m"), default: "30s",
        "how long one call may take")
    static let connectTimeout = SettingKey(
        "api.connect_timeout", .duration(.milliseconds(1)...(.seconds(600)), "at most 10m"), default: "5s",
        "how long a connection may take to come up")
    static let proxy = SettingKey("api.proxy", .proxy, "the proxy through which the API is reached")
    static let requireEncryptedAnswers = SettingKey(
        "api.require_encrypted_answers", .boolean, default: "false", "halt when an answer comes unencrypted")

    static let passwords = [clientCertificatePassword, clientKeyPassword, decryptionKeyPassword]

    static let required = [clientCertificate, encryptionKey, decryptionKey].map(\.path)

    /// The file a password can stand in instead, for its own eyes only.
    static func file(of password: SettingKey<Secret>) -> SettingKey<String> {
        SettingKey(password.path + "_file", .path, "a private file that holds \(password.path)")
    }

    static let api: [KeyDescription] = [
        baseURL.description, region.description, environment.description, clientCertificate.description,
        clientCertificatePassword.description, file(of: clientCertificatePassword).description, clientKey.description,
        clientKeyPassword.description, file(of: clientKeyPassword).description, caCertificates.description,
        encryptionKey.description, encryptionKeyID.description, decryptionKey.description,
        decryptionKeyPassword.description, file(of: decryptionKeyPassword).description, requestTimeout.description,
        connectTimeout.description, proxy.description, requireEncryptedAnswers.description,
    ]
}
