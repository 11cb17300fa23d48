import Foundation
import OpenSSL

/// Which batches had calls, kept outside the database behind the ledger's mark, in `<database>.mark`.
///
/// The mark says how many attempts a restored database lacks; this says of which files it never heard, so that they are
/// not taken in as new and paid again. An entry is synchronized before the first claim of its batch; one whose batch
/// the database knows says nothing new.
final class BatchJournal: Sendable {
    /// The mark's own place, and some room for it to grow.
    private static let start = 64
    private static let sourceByteCount = 32
    private static let entryByteCount = 8 + sourceByteCount

    /// A batch by its number and by what it was made from.
    struct Entry: Hashable, Sendable {
        let batch: Int64
        let source: [UInt8]
    }

    /// The SHA-256 of a job's name, zero, and a file's digest: a file is known by both.
    static func source(job: String, contentDigest: [UInt8]) throws -> [UInt8] {
        try SHA256.digest(Array(job.utf8) + [0] + contentDigest)
    }

    private let file: FileDescriptor

    /// Opens the trail of a database. Behind another database's mark, or none, whatever there is means nothing and goes.
    init(database: String, isOwn: Bool) throws {
        file = try PrivateFile.open(database + ".mark")
        if !isOwn, try file.byteCount() > Self.start { try file.truncate(to: Self.start) }
    }

    /// All entries, in the order of their claims.
    func entries() throws -> [Entry] {
        try Self.entries(in: file)
    }

    /// The same for one who only looks.
    static func entries(ofDatabase path: String) throws -> [Entry] {
        guard FileManager.default.fileExists(atPath: path + ".mark") else { return [] }
        return try entries(in: FileDescriptor(path + ".mark", O_RDONLY))
    }

    private static func entries(in file: borrowing FileDescriptor) throws -> [Entry] {
        let bytes = try file.read(upTo: file.byteCount()).dropFirst(start)
        let count = bytes.count / entryByteCount
        return (0..<count).compactMap { index in
            let first = bytes.startIndex + index * entryByteCount
            let batch = bytes[first..<(first + 8)].reduce(0) { $0 << 8 | Int64($1) }
            // An entry torn by a power cut belongs to a batch of which no call left.
            return batch > 0 ? Entry(batch: batch, source: Array(bytes[(first + 8)..<(first + 40)])) : nil
        }
    }

    /// Adds entries; returns once they would survive a power cut. One left half written is written over.
    func append(_ entries: [Entry]) throws {
        guard !entries.isEmpty else { return }
        let whole = max(0, try file.byteCount() - Self.start) / Self.entryByteCount
        let bytes = entries.flatMap { entry in withUnsafeBytes(of: entry.batch.bigEndian) { $0 + entry.source } }
        try file.write(bytes, at: Self.start + whole * Self.entryByteCount)
        try file.synchronize()
    }
}
