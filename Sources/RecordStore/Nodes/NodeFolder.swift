import Basics
import CPlatform
import Foundation
import Glibc
import OpenSSL

/// One of several runners on one database, as the settings describe it.
package struct NodeDescription: Sendable, Equatable {
    /// Its name, which no other node has.
    package var name: String
    /// The folder of what it alone knows, `node.folder`: its identity, and its journal of calls.
    package var folder: String
    /// The contract's rate in calls per second, `limits.rate`: all nodes together make no more.
    package var rate: Double
    /// How long a call of it may take at most from when it leaves, with a margin.
    package var longestCall: Duration
    /// Whether it calls only while a standby has each commit, `database_durability`.
    package var wantsStandby: Bool
    /// Whether all nodes share the folders of input and output, `shared_folders`.
    package var sharesFolders: Bool

    /// Describes a node.
    package init(
        name: String, folder: String, rate: Double, longestCall: Duration = .zero, wantsStandby: Bool = false,
        sharesFolders: Bool = false
    ) {
        (self.name, self.folder, self.rate, self.longestCall) = (name, folder, rate, longestCall)
        (self.wantsStandby, self.sharesFolders) = (wantsStandby, sharesFolders)
    }
}

/// What a node's folder knows of the database: another one in its place, or an earlier copy of it, is refused.
struct KnownLedger: Sendable, Equatable {
    /// Which database it is.
    let storeID: [UInt8]
    /// The last epoch at whose start all that the journal held was told.
    let toldEpoch: Int64
    /// The last part of the journal that the ledger must know of, because what came before it was dropped here.
    var toldPart: Int64 = 0
    /// The server that the node has told last.
    var server: ServerIdentity?

    /// Whether what a server has forgotten of the node's starts can be made good: a standby has taken over, for which all
    /// nodes answer. A server that was put back to an earlier time under the same identity has forgotten what no node is
    /// asked for.
    func isFollowed(by other: ServerIdentity) -> Bool { server?.isReplaced(by: other) ?? false }
}

/// The folder of a node, held by one process at a time, 0700.
///
/// A folder that was copied is refused: two nodes of one identity would each take the other's calls for its own.
final class NodeFolder: Sendable {
    /// Random bytes by which the database knows the folder.
    let identifier: [UInt8]
    let path: String
    private let lock: Lock<StoreLock?>

    private static let heading = "rollcall node 1"
    private static let ledgerHeading = "rollcall node ledger 1"
    private static let identifierByteCount = 16

    /// Takes a folder, and makes it where there is none.
    ///
    /// - Throws: ``StoreError``: ``StoreErrorCode/locked`` when another process has it, ``StoreErrorCode/notAllowed`` when
    ///   it was copied from elsewhere.
    init(_ path: String) throws {
        self.path = path
        try PrivateFile.createFolder(of: Self.place(path))
        lock = Lock(try StoreLock.take(database: Self.place(path)))
        identifier = try Self.identity(path + "/identity")
    }

    /// Lets another process have it.
    func release() { lock.withLock { $0 = nil } }

    /// The process that holds a folder; nil where none does.
    static func holder(of path: String) throws -> Int32? { try StoreLock.holder(database: place(path)) }

    /// What the lock's file is named after.
    private static func place(_ path: String) -> String { path + "/node" }

    /// The epoch that this folder's node began last; 0 before the first.
    func epoch() throws -> Int64 {
        guard FileManager.default.fileExists(atPath: path + "/epoch") else { return 0 }
        let text = String(decoding: try StoreFile(path + "/epoch", O_RDONLY).read(upTo: 32), as: UTF8.self)
        return Int64(text.trimmingCharacters(in: .whitespacesAndNewlines)) ?? 0
    }

    /// Records an epoch; it survives a power cut when this returns.
    func record(epoch: Int64) throws { try PrivateFile.replace(path + "/epoch", with: Array("\(epoch)\n".utf8)) }

    /// What the folder knows of the database; nil before its node's first start.
    func knownLedger() throws -> KnownLedger? { try Self.knownLedger(in: path) }

    /// Refuses a server that was replaced by one which the node has told: it knows nothing of that itself.
    ///
    /// - Throws: ``StoreError`` with ``StoreErrorCode/notAllowed``.
    func refuseReplaced(_ server: ServerIdentity) throws {
        if let told = try server.successor(knownLedger()?.server) { throw StoreError.earlierServer(than: told) }
    }

    /// What a folder knows of the database, for a process that does not hold it.
    static func knownLedger(in folder: String) throws -> KnownLedger? {
        let path = folder + "/ledger"
        guard FileManager.default.fileExists(atPath: path) else { return nil }
        let text = String(decoding: try StoreFile(path, O_RDONLY).read(upTo: 256), as: UTF8.self)
        let lines = text.split(separator: "\n").map(String.init)
        let server = lines.count > 4 ? lines[4].split(separator: " ").compactMap { Int64($0) } : []
        guard (3...5).contains(lines.count), lines[0] == ledgerHeading, lines.count < 5 || server.count == 2,
            let storeID = Hexadecimal.decode(lines[1].utf8), let epoch = Int64(lines[2]),
            let part = lines.count > 3 ? Int64(lines[3]) : 0
        else {
            throw StoreError(.damaged, "\(path) is damaged: put it back; without it nobody knows what this node sent")
        }
        return KnownLedger(
            storeID: storeID, toldEpoch: epoch, toldPart: part,
            server: server.isEmpty ? nil : ServerIdentity(identifier: server[0], timeline: server[1]))
    }

    /// Records what is known of the database; it survives a power cut when this returns.
    func record(_ ledger: KnownLedger) throws {
        let server = ledger.server.map { "\($0.identifier) \($0.timeline)\n" } ?? ""
        let text =
            "\(Self.ledgerHeading)\n\(Hexadecimal.encode(ledger.storeID))\n\(ledger.toldEpoch)\n\(ledger.toldPart)\n"
        try PrivateFile.replace(path + "/ledger", with: Array((text + server).utf8))
    }

    /// The identity's file names itself by its inode, which a copy does not have.
    private static func identity(_ path: String) throws -> [UInt8] {
        guard FileManager.default.fileExists(atPath: path) else { return try makeIdentity(path) }
        let file = try StoreFile(path, O_RDONLY)
        let lines = String(decoding: try file.read(upTo: 256), as: UTF8.self).split(separator: "\n").map(String.init)
        guard lines.count == 3, lines[0] == heading, let identifier = Hexadecimal.decode(lines[1].utf8),
            identifier.count == identifierByteCount
        else { throw StoreError(.damaged, "\(path) is no node's identity; name another folder as node.folder") }
        guard lines[2] == "\(try inode(path))" else {
            throw StoreError(
                .notAllowed,
                "\(path) was copied from another place: name a new folder as node.folder, under a name of its own; a node "
                    + "whose folder is lost is retired")
        }
        return identifier
    }

    private static func makeIdentity(_ path: String) throws -> [UInt8] {
        let identifier = try SecureRandom.bytes(identifierByteCount)
        let file = try PrivateFile.open(path)
        try file.write(Array("\(heading)\n\(Hexadecimal.encode(identifier))\n\(try inode(path))\n".utf8))
        try file.synchronize()
        try PrivateFile.synchronizeFolder(of: path)
        return identifier
    }

    private static func inode(_ path: String) throws -> UInt64 {
        var facts = stat()
        guard stat(path, &facts) == 0 else {
            throw StoreError(
                URL(fileURLWithPath: path).lastPathComponent, cannotBe: "looked at", because: SystemFault(errno))
        }
        return UInt64(facts.st_ino)
    }
}
