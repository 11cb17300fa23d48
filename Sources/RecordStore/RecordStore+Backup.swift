import Foundation
import GRDB

extension RecordStore {
    /// Copies the database into a file, as it is at one moment, also while batches run.
    ///
    /// The copy is looked through and synchronized before it gets its name, mode 0600. What is sealed stays sealed: the
    /// sealing key is not in it. It takes as long as reading the database; call it where waiting does no harm.
    ///
    /// - Parameter path: The file, which must not exist.
    /// - Throws: ``StoreError`` when it exists or can't be written, or the database is damaged.
    public func backUp(to path: String) throws {
        guard !FileManager.default.fileExists(atPath: path) else { throw DatabaseCopy.taken(path) }
        let copy = try DatabaseCopy(for: path)
        do {
            try copy.fill(from: pool.path)
            try copy.inspect(called: URL(fileURLWithPath: path).lastPathComponent) { _ in }
            try copy.settle(at: path)
        } catch {
            copy.discard()
            throw (error as? DatabaseError).map { StoreError(copying: $0) } ?? error
        }
    }
}
