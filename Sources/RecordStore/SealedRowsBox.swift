import Synchronization

/// Hands records from the thread that seals them to the one that inserts them and back. Only one side has them at a
/// time, so that neither copies them.
final class SealedRowsBox: Sendable {
    private let content = Mutex(SealedRows())

    /// Takes what is inside and leaves nothing.
    func take() -> SealedRows {
        content.withLock { content in
            let rows = content
            content = SealedRows()
            return rows
        }
    }

    /// Puts records inside.
    func put(_ rows: consuming sending SealedRows) {
        content.withLock { $0 = rows }
    }
}
