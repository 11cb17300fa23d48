package import Basics
import Foundation

/// Whether the disk that holds the database has space.
package enum StorageCondition: Sendable, Equatable {
    /// It has space, as far as is known.
    case normal
    /// The disk is full, or a quota used up, since a time: nothing is claimed, and
    /// writes wait.
    case full(since: WallTime)
}

/// How long an operation waits for space on a full disk.
enum Patience: Sendable {
    /// Not at all: the caller can ask again, and a delayed result would be out of date.
    case none
    /// Until the program is asked to stop: it can be repeated at the next start.
    case untilStopped
    /// Until the very end: it records a call that was made, which is known nowhere else.
    case toTheLast
}

/// Which operations still wait for space. As shutdown proceeds, fewer of them do.
enum WaitingForRoom: Int, Sendable, Comparable {
    case nobody
    case endsOfCalls
    case everybody

    static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }

    /// Whether an operation with the given patience waits.
    func includes(_ patience: Patience) -> Bool {
        switch patience {
        case .none: false
        case .untilStopped: self == .everybody
        case .toTheLast: self >= .endsOfCalls
        }
    }
}

/// The condition of a store's disk as seen by its writing thread, and the observers of changes.
final class StorageWatch: Sendable {
    private struct State {
        var condition = StorageCondition.normal
        var observers: [@Sendable (StorageCondition) -> Void] = []
    }

    private let state = Lock(State())

    /// The last known condition.
    var condition: StorageCondition { state.withLock { $0.condition } }

    /// Calls `body` after each change, on the writing thread; it must return at once.
    func observe(_ body: @escaping @Sendable (StorageCondition) -> Void) {
        state.withLock { $0.observers.append(body) }
    }

    /// Records the condition and reports it if it changed. A disk that was already full keeps its original time.
    func found(isFull: Bool, at now: WallTime) {
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

/// How much space of a file system the database takes for its own work: on a small one, a sixteenth of it. A pure rule.
struct SpaceAllowance: Equatable {
    private static let share = 16
    /// The most that one write takes, plus some reserve, in bytes.
    private static let usualReserve = 4 << 20
    /// 16 MiB in pages of 8 KiB.
    private static let usualCheckpointPages = 2_048
    private static let pageBytes = 8_192

    /// Free space in bytes that a disk that was full must have before calls are made again.
    let reserveBytes: Int
    /// The length of the WAL in pages at which it is copied into the database. On a small disk a long WAL would take the
    /// space that the database needs to take it back.
    let checkpointPages: Int

    /// - Parameter bytes: The size of the file system; nil: not known.
    init(fileSystemBytes bytes: Int?) {
        let allowed = (bytes ?? .max) / Self.share
        reserveBytes = min(Self.usualReserve, allowed)
        checkpointPages = max(1, min(Self.usualCheckpointPages, allowed / Self.pageBytes))
    }

    /// What the file system that holds a database allows.
    init(besideDatabase path: String) {
        var facts = statvfs()
        let isKnown = statvfs(URL(fileURLWithPath: path).deletingLastPathComponent().path, &facts) == 0
        self.init(fileSystemBytes: isKnown ? Int(facts.f_blocks) * Int(facts.f_frsize) : nil)
    }
}

/// Checks whether a disk that was full has space again, also when a quota was exhausted.
struct RoomProbe: Sendable {
    let database: String

    /// Reserves space briefly, in an unlinked file beside the database.
    ///
    /// - Returns: False when there is none to reserve; any other fault shows when the database is written.
    func hasRoom() -> Bool {
        let path = database + ".room"
        do throws(SystemFault) {
            let file = try OwnedDescriptor(opening: path, O_CREAT | O_TRUNC | O_RDWR)
            unlink(path)
            let required = SpaceAllowance(besideDatabase: database).reserveBytes
            // It returns its error instead of setting `errno` (`man 3 posix_fallocate`).
            return !SystemFault(posix_fallocate(file.number, 0, off_t(required))).isFullDisk
        } catch {
            return !error.isFullDisk
        }
    }
}

/// What a runner does on a full disk: it claims nothing, keeps the ends of calls until they can be written, and resumes
/// by itself when there is space. `GroupCommit.keep` fails a claim, which has no patience, at once, and keeps what waits;
/// `BatchRun.waitForRoom` has the run claim again. A process that works beside it or opens a database fails at once instead.
extension RecordStore {
    /// Whether the database's disk has space, as far as writing has shown.
    package var storageCondition: StorageCondition { writer?.storage.condition ?? .normal }

    /// Calls `body` when the disk becomes full and when it has space again, on a thread of the store; it must return at
    /// once.
    package func observeStorage(_ body: @escaping @Sendable (StorageCondition) -> Void) {
        writer?.storage.observe(body)
    }

    /// Returns when something can be written; at once unless the disk is full.
    ///
    /// - Throws: ``StoreError``; ``StoreErrorCode/diskFull`` when waiting has been stopped.
    package func waitForRoom() async throws {
        try await write { connection in
            try connection.database.execute(sql: "UPDATE ledger_position SET last_attempt = last_attempt")
        }
    }

    /// Verifies that something can be written now.
    ///
    /// - Parameter now: The time of the runner's report; other processes read it.
    /// - Throws: ``StoreError``; ``StoreErrorCode/diskFull`` at once while the disk is full.
    package func confirmWriting(at now: WallTime) async throws {
        try requireRunning()
        try await write(patience: .none) { connection in
            try connection.database.execute(
                sql: "UPDATE runner SET updated_at = ? WHERE only_row = ?",
                arguments: [now, connection.node?.number ?? Self.onlyRunner])
        }
    }

    /// Stops waiting for space, because the program is asked to stop: waiting operations are tried once more, and then
    /// fail with ``StoreErrorCode/diskFull``.
    ///
    /// - Parameter exceptForEndsOfCalls: Whether ends of calls, which are known nowhere else, keep waiting.
    package func stopWaitingForRoom(exceptForEndsOfCalls: Bool) {
        writer?.wait(for: exceptForEndsOfCalls ? .endsOfCalls : .nobody)
    }

    /// From this call on writes wait; a store that is still being opened reports a full disk at once.
    func waitForRoomFromNowOn() {
        writer?.wait(for: .everybody)
        // A full database cannot carry the runner's status to other processes, so the lock file does. If that cannot be
        // written either, nothing is reported.
        observeStorage { [weak self] condition in self?.lock.withLock { try? $0?.note(condition) } }
    }

    /// From this call on only ends of calls are written once a file of the database is missing or replaced.
    ///
    /// - Throws: ``StoreError`` when a file cannot be inspected.
    func watchOverFiles() throws {
        writer?.watch(over: try FilesInPlace(database: sqlite.path))
    }
}
