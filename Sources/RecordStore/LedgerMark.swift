import Foundation

/// How far the ledger got, kept outside the database in `<database>.mark`.
///
/// After each commit that opened attempts, and before any of their calls can leave, the highest attempt id is written
/// here and synchronized. So the mark is never ahead of a database that lived on, whatever the moment of a crash; a
/// database restored from before is always behind it as soon as a single call was claimed since. The mark names its
/// database, so that one left over from another is not mistaken for it.
final class LedgerHighWaterMark: Sendable {
    private static let magic = Array("rollcall ledger mark 1\n".utf8)
    private static let byteCount = magic.count + 16 + 8

    private let file: FileDescriptor
    private let storeID: [UInt8]

    /// Opens the mark of a database, which is created when it isn't there.
    init(database: String, storeID: [UInt8]) throws {
        file = try PrivateFile.open(database + ".mark")
        self.storeID = storeID
    }

    /// What the mark of a database says: the highest attempt id known to have been claimed.
    ///
    /// - Throws: ``StoreError`` when it is there and can't be read.
    static func find(ofDatabase path: String, storeID: [UInt8]) throws -> LedgerWitness<Int64> {
        guard FileManager.default.fileExists(atPath: path + ".mark") else { return .missing }
        let bytes = try FileDescriptor(path + ".mark", O_RDONLY).read(upTo: byteCount)
        // Made by a process that was killed before it wrote anything.
        if bytes.isEmpty { return .missing }
        guard bytes.count == byteCount, bytes.starts(with: magic) else { return .unreadable }
        guard bytes.starts(with: magic + storeID) else { return .foreign }
        return .own(bytes.integer(at: magic.count + storeID.count))
    }

    /// The database that a mark is of; nil when there is no mark.
    static func owner(ofDatabase path: String) throws -> [UInt8]? {
        guard FileManager.default.fileExists(atPath: path + ".mark") else { return nil }
        let bytes = try FileDescriptor(path + ".mark", O_RDONLY).read(upTo: byteCount)
        guard bytes.count == byteCount, bytes.starts(with: magic) else { return nil }
        return Array(bytes[magic.count..<(magic.count + 16)])
    }

    /// Records that attempts up to an id are claimed; returns once it would survive a power cut.
    func advance(to attempt: Int64) throws {
        try file.write(Self.magic + storeID + attempt.bytes)
        try file.synchronizeContent()
    }
}
