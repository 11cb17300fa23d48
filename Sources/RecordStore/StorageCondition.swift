import Basics
internal import Foundation
internal import Synchronization

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
