import Foundation

/// How far the ledger got, kept outside the database in `<database>.mark`.
///
/// After each commit that opened attempts, and before any of their calls can leave, the highest attempt id is written
/// here and synchronized. So the mark is never ahead of a database that was not replaced, whenever a crash happens; a
/// restored database is always behind it as soon as a single call was claimed since the copy. The mark names its
/// database, so that one left over from another is not mistaken for it.
final class LedgerHighWaterMark: Sendable {
    private static let magic = Array("rollcall ledger mark 1\n".utf8)
    private static let byteCount = magic.count + 16 + 8

    private let file: StoreFile
    private let storeID: [UInt8]

    /// Opens the mark of a database, creating it when it is missing.
    init(database: String, storeID: [UInt8]) throws {
        file = try PrivateFile.open(database + ".mark")
        self.storeID = storeID
    }

    /// What the mark of a database says: the highest attempt id known to have been claimed.
    ///
    /// - Throws: ``StoreError`` when it exists and cannot be read.
    static func find(ofDatabase path: String, storeID: [UInt8]) throws -> LedgerWitness<Int64> {
        guard FileManager.default.fileExists(atPath: path + ".mark") else { return .missing }
        let bytes = try StoreFile(path + ".mark", O_RDONLY).read(upTo: byteCount)
        // Created by a process that was killed before it wrote anything.
        if bytes.isEmpty { return .missing }
        guard bytes.count == byteCount, bytes.starts(with: magic) else { return .unreadable }
        guard bytes.starts(with: magic + storeID) else { return .foreign }
        return .own(bytes.integer(at: magic.count + storeID.count))
    }

    /// The database that a mark belongs to; nil when there is no mark.
    static func owner(ofDatabase path: String) throws -> [UInt8]? {
        guard FileManager.default.fileExists(atPath: path + ".mark") else { return nil }
        let bytes = try StoreFile(path + ".mark", O_RDONLY).read(upTo: byteCount)
        guard bytes.count == byteCount, bytes.starts(with: magic) else { return nil }
        return Array(bytes[magic.count..<(magic.count + 16)])
    }

    /// Records that attempts up to an id are claimed; returns once it would survive a power cut.
    func advance(to attempt: Int64) throws {
        try file.write(Self.magic + storeID + attempt.bytes)
        try file.synchronizeContent()
    }
}
