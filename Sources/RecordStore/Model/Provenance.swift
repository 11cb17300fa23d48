import OpenSSL

/// Who did something, with which program and settings: kept with every batch and every action of an operator.
package struct Provenance: Sendable, Equatable, Codable {
    /// The user's name on this machine.
    package var user: String
    /// The machine's name.
    package var host: String
    /// Rollcall's version.
    package var version: String
    /// SHA-256 of the configuration in force, hexadecimal.
    package var settingsHash: String
    /// The API's base URL.
    package var endpoint: String
    /// The encryption key's id (`kid`).
    package var keyID: String
    /// SHA-256 of the client certificate, hexadecimal.
    package var certificateFingerprint: String

    /// Creates a provenance from its parts.
    package init(
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

extension Provenance {
    /// Reads seven columns in the schema's order.
    init(_ row: StoredRow, from column: Int) {
        self.init(
            user: row[column], host: row[column + 1], version: row[column + 2], settingsHash: row[column + 3],
            endpoint: row[column + 4], keyID: row[column + 5], certificateFingerprint: row[column + 6])
    }
}

extension Provenance {
    /// Creates a provenance; of the settings' canonical text only the SHA-256 is kept.
    ///
    /// - Throws: `OpenSSLError` where the digest cannot be made.
    package init(
        user: String, host: String, version: String, settings: String, endpoint: String, keyID: String,
        certificateFingerprint: String
    ) throws {
        self.init(
            user: user, host: host, version: version, settingsHash: try SHA256.hex(Array(settings.utf8)),
            endpoint: endpoint, keyID: keyID, certificateFingerprint: certificateFingerprint)
    }
}
