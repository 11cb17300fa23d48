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
    /// A part that is longer than this is ended, and the one before it dropped: some 170,000 calls.
    private static let longestPart = 4 << 20

    private let path: String
    private let state: Lock<State>

    private struct State: ~Copyable {
        var file: StoreFile
        var byteCount: Int
        /// Where the last part began, and its number; nil: it is the first since the node started.
        var last: Part?
        /// The last call that was entered since then.
        var lastCall: ClaimedAttempt?
    }

    private struct Part {
        let number: Int64
        let start: Int
    }

    /// Opens or makes it.
    init(_ folder: NodeFolder) throws {
        path = folder.path + "/journal"
        let file = try PrivateFile.open(path)
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
            state.lastCall = claimed.last ?? state.lastCall
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

    /// The last call that this process has claimed; nil: it has claimed none. No ledger that knows its calls lacks it, or has
    /// given out fewer numbers.
    var lastCall: ClaimedAttempt? { state.withLock { $0.lastCall } }

    /// Whether its last part is as long as one may get.
    var isLong: Bool { state.withLock { $0.byteCount - ($0.last?.start ?? 0) > Self.longestPart } }

    /// The number of the last part that was begun since the node started; nil: none was.
    var lastPart: Int64? { state.withLock { $0.last?.number } }

    /// Begins a part, and drops what stands before the last one that was begun. What it holds at any time survives a power
    /// cut.
    ///
    /// - Parameters:
    ///   - number: Its number, which the ledger has.
    ///   - count: So many of the entries that there were had ended by then.
    /// - Throws: ``StoreError`` when it can't be written.
    func begin(_ number: Int64, afterEntries count: Int) throws {
        try state.withLock { state in
            let dropped = state.last?.start ?? 0
            if dropped > 0 {
                let rest = try state.file.read(upTo: state.byteCount - dropped, at: dropped)
                try PrivateFile.replace(path, with: rest)
                state.file = try PrivateFile.open(path)
                state.byteCount = rest.count
            }
            state.last = Part(number: number, start: max(0, count * Self.entryByteCount - dropped))
        }
    }
}
