import Basics
import Foundation
import GRDB
import Synchronization

/// Whether the disk that holds the database has room.
public enum StorageCondition: Sendable, Equatable {
    /// It has, as far as anybody has found out.
    case normal
    /// It has not, or a quota is used up, since a time in milliseconds since 1970 UTC: nothing is claimed, and what has
    /// to be written waits.
    case full(since: Int64)
}

/// How long an operation waits for room on a full disk.
enum Patience: Sendable {
    /// Not at all: it can be asked for anew, and would be out of date.
    case none
    /// Until the program is asked to stop: it can be done again at the next start.
    case untilStopped
    /// To the last: it tells of a call that was made, and nobody else knows.
    case toTheLast
}

/// Which operations still wait for room. A program that is asked to stop gives up more and more of it.
enum WaitingForRoom: Int, Sendable, Comparable {
    case nobody
    case endsOfCalls
    case everybody

    static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }

    /// Whether an operation with some patience waits.
    func includes(_ patience: Patience) -> Bool {
        switch patience {
        case .none: false
        case .untilStopped: self == .everybody
        case .toTheLast: self >= .endsOfCalls
        }
    }
}

/// The condition of a store's disk as its writing thread finds it, and who is told of changes.
final class StorageWatch: Sendable {
    private struct State {
        var condition = StorageCondition.normal
        var observers: [@Sendable (StorageCondition) -> Void] = []
    }

    private let state = Mutex(State())

    /// The condition as it was last found.
    var condition: StorageCondition { state.withLock { $0.condition } }

    /// Calls `body` after each change, from the writing thread; it must return at once.
    func observe(_ body: @escaping @Sendable (StorageCondition) -> Void) {
        state.withLock { $0.observers.append(body) }
    }

    /// Notes what was found, and tells of it where it is news. A disk that was full is full since then.
    func found(isFull: Bool, at now: Int64) {
        let (condition, observers) = state.withLock { state in
            guard isFull != (state.condition != .normal) else {
                return (state.condition, [@Sendable (StorageCondition) -> Void]())
            }
            state.condition = isFull ? .full(since: now) : .normal
            return (state.condition, state.observers)
        }
        for observer in observers { observer(condition) }
    }
}

/// Tells whether a disk that was full has room again, also where a quota is what is full.
struct RoomProbe: Sendable {
    /// So much must be free: as much as one write takes at most, and some to come.
    static let byteCount = 4 << 20

    let database: String

    /// Sets space aside for a moment, in a file beside the database that has no name any more.
    ///
    /// - Returns: False where there is none to set aside; whatever else is wrong shows when the database is written.
    func hasRoom() -> Bool {
        let path = database + ".room"
        let file = SystemCall.retrying { open(path, O_CREAT | O_TRUNC | O_RDWR | O_CLOEXEC, 0o600) }
        guard file >= 0 else { return !SystemFault(errno).isFullDisk }
        unlink(path)
        defer { close(file) }
        return !SystemFault(posix_fallocate(file, 0, off_t(Self.byteCount))).isFullDisk
    }
}

/// What a runner does on a full disk: it claims nothing, keeps the ends of calls until they can be written, and goes on by
/// itself when there is room. Whoever works beside it, and whoever opens a database, fails at once instead.
extension RecordStore {
    /// Whether the database's disk has room, as far as writing has shown.
    public var storageCondition: StorageCondition { writer?.storage.condition ?? .normal }

    /// Calls `body` when the disk is full and when it has room again, from a thread of the store; it must return at once.
    public func observeStorage(_ body: @escaping @Sendable (StorageCondition) -> Void) {
        writer?.storage.observe(body)
    }

    /// Returns when something can be written; at once unless the disk is full.
    ///
    /// - Throws: ``StoreError``; ``StoreError/Code/diskFull`` when nobody waits any more.
    public func waitForRoom() async throws {
        try await write { connection in
            try connection.database.execute(sql: "UPDATE ledger_position SET last_attempt = last_attempt")
        }
    }

    /// Proves that something can be written, now.
    ///
    /// - Parameter now: When the runner said so, in milliseconds since 1970 UTC; others read it.
    /// - Throws: ``StoreError``; ``StoreError/Code/diskFull`` at once while the disk is full.
    public func confirmWriting(at now: Int64) async throws {
        try requireRunning()
        try await write(patience: .none) { connection in
            try connection.database.execute(sql: "UPDATE runner SET updated_at = ?", arguments: [now])
        }
    }

    /// Lets nothing wait for room any more, now that the program is asked to stop: what waits is tried once more, and then
    /// fails with ``StoreError/Code/diskFull``.
    ///
    /// - Parameter exceptForEndsOfCalls: Whether ends of calls, which nobody else knows, wait on.
    public func stopWaitingForRoom(exceptForEndsOfCalls: Bool) {
        writer?.wait(for: exceptForEndsOfCalls ? .endsOfCalls : .nobody)
    }

    /// From when on writes wait: a store that is being opened says at once that there is no room.
    func waitForRoomFromNowOn() {
        writer?.wait(for: .everybody)
        // Another process that asks for the runner's status cannot be told by way of a database that takes nothing. A lock
        // file that cannot be written either says nothing then.
        observeStorage { [weak self] condition in self?.lock.withLock { try? $0?.note(condition) } }
    }

    /// From when on nothing but ends of calls is written once a file of the database is gone or another.
    ///
    /// - Throws: ``StoreError`` when a file can't be looked at.
    func watchOverFiles() throws {
        writer?.watch(over: try FilesInPlace(database: pool.path))
    }

    /// What the process that runs batches from a database says of its disk; normal where nobody does, or says nothing.
    ///
    /// - Throws: ``StoreError`` when the lock's file can't be looked at.
    public static func storageCondition(ofDatabase path: String) throws -> StorageCondition {
        try StoreLock.holder(database: path) == nil ? .normal : try StoreLock.condition(database: path)
    }
}
