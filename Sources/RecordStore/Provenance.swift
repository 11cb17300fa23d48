/// Who did something, with what: kept with every batch and every action of an operator.
public struct Provenance: Sendable, Equatable, Codable {
    /// The user's name on this machine.
    public var user: String
    /// The machine's name.
    public var host: String
    /// Rollcall's version.
    public var version: String
    /// SHA-256 of the settings that were in force, hexadecimal.
    public var settingsHash: String
    /// The API's base URL.
    public var endpoint: String
    /// The encryption key's id (`kid`).
    public var keyID: String
    /// SHA-256 of the client certificate, hexadecimal.
    public var certificateFingerprint: String

    /// Collects who did something, with what.
    public init(
        user: String, host: String, version: String, settingsHash: String, endpoint: String, keyID: String,
        certificateFingerprint: String
    ) {
        self.user = user
        self.host = host
        self.version = version
        self.settingsHash = settingsHash
        self.endpoint = endpoint
        self.keyID = keyID
        self.certificateFingerprint = certificateFingerprint
    }
}
