internal import OpenSSL

extension Provenance {
    /// Collects who did something, with what; the settings' canonical text is kept as its SHA-256 only.
    ///
    /// - Throws: `OpenSSLError` where the digest cannot be made.
    public init(
        user: String, host: String, version: String, settings: String, endpoint: String, keyID: String,
        certificateFingerprint: String
    ) throws {
        self.init(
            user: user, host: host, version: version, settingsHash: try SHA256.hex(Array(settings.utf8)),
            endpoint: endpoint, keyID: keyID, certificateFingerprint: certificateFingerprint)
    }
}
