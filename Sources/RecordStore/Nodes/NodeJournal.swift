import Basics
import Foundation
import Glibc

/// A call that a node was about to make: its record and its row in the ledger.
struct ClaimedAttempt: Hashable, Sendable {
    let record: RecordID
    let attempt: AttemptID
    /// The day it counts on.
    let day: CallDay
}

/// What keeps count of a ledger outside its database, told of each claim before a call of it may leave.
protocol LedgerFollowing: Sendable {
    /// Makes sure that attempts up to an id may be committed.
    func reserve(upTo attempt: Int64) throws
    /// Records that attempts are committed; their calls may leave when it returns.
    func advance(to attempt: Int64, _ claimed: [ClaimedAttempt]) throws
    /// Records, when nothing more will be claimed, what is known then.
    func settle() throws
}

/// The calls that a node was about to make, outside the database: what a server lost that was replaced by its standby is
/// found by it. It is synchronized before the first byte of a call leaves.
///
/// An entry is three big-endian numbers of 64 bits: record, attempt, day. One that a power cut tore belongs to a call that
/// never left.
final class NodeJournal: LedgerFollowing {
    private static let entryByteCount = 24
    /// A journal longer than this is begun anew once the ledger is known to have all of it.
    static let longest = 8 << 20

    private let state: Lock<State>

    private struct State: ~Copyable {
        let file: StoreFile
        var byteCount: Int
    }

    /// Opens or makes it.
    init(_ folder: NodeFolder) throws {
        let file = try PrivateFile.open(folder.path + "/journal")
        let count = try file.byteCount() / Self.entryByteCount * Self.entryByteCount
        state = Lock(State(file: file, byteCount: count))
    }

    func reserve(upTo attempt: Int64) throws {}

    func advance(to attempt: Int64, _ claimed: [ClaimedAttempt]) throws {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(claimed.count * Self.entryByteCount)
        for entry in claimed {
            for number in [entry.record.rawValue, entry.attempt.rawValue, entry.day.rawValue] {
                withUnsafeBytes(of: number.bigEndian) { bytes.append(contentsOf: $0) }
            }
        }
        try state.withLock { state in
            try state.file.write(bytes, at: state.byteCount)
            try state.file.synchronizeContent()
            state.byteCount += bytes.count
        }
    }

    func settle() throws {}

    /// All entries, in the order of their claims.
    func entries() throws -> [ClaimedAttempt] {
        let bytes = try state.withLock { try $0.file.read(upTo: $0.byteCount) }
        func number(_ place: Int) -> Int64 {
            bytes[place..<place + 8].reduce(0) { $0 << 8 | Int64($1) }
        }
        return stride(from: 0, to: bytes.count - bytes.count % Self.entryByteCount, by: Self.entryByteCount).map {
            ClaimedAttempt(
                record: RecordID(rawValue: number($0)), attempt: AttemptID(rawValue: number($0 + 8)),
                day: CallDay(rawValue: number($0 + 16)))
        }
    }

    var byteCount: Int { state.withLock { $0.byteCount } }

    /// Begins it anew.
    func empty() throws {
        try state.withLock { state in
            try state.file.truncate(to: 0)
            try state.file.synchronize()
            state.byteCount = 0
        }
    }
}
