import Foundation

/// How far the ledger got, kept outside the database in `<database>.mark`.
///
/// After each commit that opened attempts, and before any of their calls can leave, the highest attempt id is written
/// here and synchronized. So the mark is never ahead of a database that lived on, whatever the moment of a crash; a
/// database restored from before is always behind it as soon as a single call was claimed since. The mark names its
/// database, so that one left over from another is not mistaken for it.
final class LedgerMark: Sendable {
    private static let magic = Array("rollcall ledger mark 1\n".utf8)
    private static let byteCount = magic.count + 16 + 8

    private let file: FileDescriptor
    private let storeID: [UInt8]

    /// Opens the mark of a database, which is created when it isn't there.
    init(database: String, storeID: [UInt8]) throws {
        file = try PrivateFile.open(database + ".mark")
        self.storeID = storeID
    }

    /// The highest attempt id known to have been claimed; nil when the mark is missing or another database's.
    func lastAttempt() throws -> Int64? {
        try Self.lastAttempt(in: file, storeID: storeID)
    }

    /// The same for one who only looks.
    static func lastAttempt(ofDatabase path: String, storeID: [UInt8]) throws -> Int64? {
        guard FileManager.default.fileExists(atPath: path + ".mark") else { return nil }
        return try lastAttempt(in: FileDescriptor(path + ".mark", O_RDONLY), storeID: storeID)
    }

    /// The database that a mark is of; nil when there is no mark.
    static func owner(ofDatabase path: String) throws -> [UInt8]? {
        guard FileManager.default.fileExists(atPath: path + ".mark") else { return nil }
        let bytes = try FileDescriptor(path + ".mark", O_RDONLY).read(upTo: byteCount)
        guard bytes.count == byteCount, bytes.starts(with: magic) else { return nil }
        return Array(bytes[magic.count..<(magic.count + 16)])
    }

    private static func lastAttempt(in file: borrowing FileDescriptor, storeID: [UInt8]) throws -> Int64? {
        let bytes = try file.read(upTo: Self.byteCount)
        let head = Self.magic + storeID
        guard bytes.count == Self.byteCount, bytes.starts(with: head) else { return nil }
        return bytes[head.count...].reduce(0) { $0 << 8 | Int64($1) }
    }

    /// Records that attempts up to an id are claimed; returns once it would survive a power cut.
    func advance(to attempt: Int64) throws {
        let number = withUnsafeBytes(of: attempt.bigEndian) { Array($0) }
        try file.write(Self.magic + storeID + number)
        try file.synchronizeContent()
    }
}
