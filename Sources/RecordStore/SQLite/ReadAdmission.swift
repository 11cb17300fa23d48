import Basics
import Dispatch

/// Lets reads begin until their database closes, and lets it close once those that began have ended.
///
/// GRDB's pool, asked for a reader just as it closes them, hands one out that has no connection any more, and the process
/// dies of it (`sqlite3_get_autocommit` of nothing).
final class ReadAdmission: Sendable {
    private let isClosed = Lock(false)
    private let reads = DispatchGroup()

    /// Reads, if the database is open.
    ///
    /// - Throws: ``StoreError`` with ``StoreErrorCode/closed``; what the work throws.
    func read<T>(_ work: () throws -> T) throws -> T {
        let isRefused = isClosed.withLock { isClosed in
            if !isClosed { reads.enter() }
            return isClosed
        }
        guard !isRefused else { throw StoreError.closedToReaders }
        defer { reads.leave() }
        return try work()
    }

    /// Lets no further read begin, waits for those that have begun, and closes the database.
    ///
    /// - Throws: What closing throws; then the database is open as before.
    func end(_ close: () throws -> Void) throws {
        isClosed.withLock { $0 = true }
        reads.wait()
        do {
            try close()
        } catch {
            isClosed.withLock { $0 = false }
            throw error
        }
    }
}
