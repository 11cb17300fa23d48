import GRDB

extension Provenance {
    /// Reads seven columns in the schema's order.
    init(_ row: Row, from column: Int) {
        self.init(
            user: row[column], host: row[column + 1], version: row[column + 2], settingsHash: row[column + 3],
            endpoint: row[column + 4], keyID: row[column + 5], certificateFingerprint: row[column + 6])
    }
}
