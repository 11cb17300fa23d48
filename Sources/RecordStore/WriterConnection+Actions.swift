import GRDB

extension WriterConnection {
    /// Keeps what an operator did.
    func insert(_ action: Action) throws {
        let provenance = action.provenance
        try database.execute(
            sql: """
                INSERT INTO actions (at, batch_id, action, detail, user, host, version, settings_hash, endpoint, key_id,
                  certificate_fingerprint)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                """,
            arguments: [
                action.at, action.batch?.rawValue, action.name, action.detail, provenance.user, provenance.host,
                provenance.version, provenance.settingsHash, provenance.endpoint, provenance.keyID,
                provenance.certificateFingerprint,
            ])
    }
}
