/// Compares how far the ledger got by its mark and by the database. A pure rule.
enum LedgerReconciliation: Equatable {
    /// The database has everything that was claimed.
    case whole
    /// The database was restored from before; so many attempts happened that it doesn't know. They were claimed in
    /// queue order, so they are among each batch's retries and its next so many untried lines.
    case restored(lost: Int64)

    /// More lines than any file has: without a mark nobody knows how many attempts are missing.
    private static let unknown = RecordID.greatestLine

    /// - Parameters:
    ///   - mark: What the mark says; nil when it is missing or another database's.
    ///   - ledger: The last attempt id the database gave out.
    init(mark: Int64?, ledger: Int64) {
        if let mark {
            self = mark > ledger ? .restored(lost: min(mark - ledger, Self.unknown)) : .whole
        } else {
            self = ledger > 0 ? .restored(lost: Self.unknown) : .whole
        }
    }
}
