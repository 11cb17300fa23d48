import Basics
import Foundation

/// Runs a group of operations in one transaction: one commit and one synchronization for all of them.
///
/// On a full disk, operations that may wait are kept and retried, ends of calls first. Every other write failure is
/// permanent.
struct GroupCommit {
    /// The interval at which a full disk is tried again.
    static let pause = Duration.seconds(1)
    /// The same, in seconds, where a commit waits for the files beside the database.
    private static let markPause = 1.0

    private let connection: WriterConnection
    private let ledger: (any LedgerFollowing)?
    private let storage: StorageWatch
    /// Room on the database's disk, where it is this machine's.
    private let room: (any DatabaseRoom)?
    /// Which operations may wait for space now.
    private let waitingForRoom: () -> WaitingForRoom
    /// The files that must be in place now.
    private let files: () -> FilesInPlace?
    /// The operations that wait for space.
    private var kept: [WriteOperation] = []
    private var nextTry: SuspendingClock.Instant?
    /// Why nothing can be written any more.
    private(set) var failure: StoreError?

    /// Without a disk to look at, any successful write means that there is space again.
    init(
        _ connection: WriterConnection, _ ledger: (any LedgerFollowing)?, storage: StorageWatch = StorageWatch(),
        room: (any DatabaseRoom)? = nil,
        waitingForRoom: @escaping () -> WaitingForRoom = { .nobody },
        files: @escaping () -> FilesInPlace? = { nil }
    ) {
        self.connection = connection
        self.ledger = ledger
        self.storage = storage
        self.room = room
        self.waitingForRoom = waitingForRoom
        self.files = files
    }

    /// Whether the disk is full, so that ``run(_:)`` has to be called now and then even without new work.
    var waitsForRoom: Bool { failure == nil && storage.condition != .normal }

    /// Commits the group and completes every waiting operation. An operation that breaks a rule is rolled back and
    /// fails alone; when the database cannot write, all fail, and so does everything after.
    mutating func run(_ group: [WriteOperation]) {
        if let failure { return group.forEach { $0.fail(failure) } }
        let group = withoutThoseOfMissingFiles(group)
        guard waitsForRoom else {
            guard commit(group) != nil else { return }
            room?.make()
            guard let full = commit(group) else { return }
            storage.found(isFull: true, at: WallTime.now())
            keep(group, full)
            return tryAgain()
        }
        keep(group, nil)
        // Operations that may no longer wait fail at once.
        let waiting = waitingForRoom()
        let given = kept.filter { !waiting.includes($0.patience) }
        kept.removeAll { !waiting.includes($0.patience) }
        for operation in given { if let full = commit([operation]) { operation.fail(full) } }
        // A mark that found no room reports a full disk without setting a time for the next try: then it is now.
        if nextTry.map({ .now >= $0 }) ?? true { tryAgain() }
    }

    /// The part of a group that may be written: once a file of the database is not in its place, only ends of calls,
    /// which cost nothing more. Everything else fails, each time it is submitted.
    private func withoutThoseOfMissingFiles(_ group: [WriteOperation]) -> [WriteOperation] {
        do {
            try files()?.check()
            return group
        } catch {
            for operation in group where operation.patience != .toTheLast { operation.fail(error) }
            return group.filter { $0.patience == .toTheLast }
        }
    }

    /// Fails what still waits for space, after one more attempt.
    mutating func end() {
        let waiting = kept
        kept = []
        for operation in waiting { if let full = commit([operation]) { operation.fail(full) } }
    }

    /// Keeps what may wait for space; the rest fails at once.
    private mutating func keep(_ group: [WriteOperation], _ full: StoreError?) {
        for operation in group {
            if operation.patience == .none {
                operation.fail(full ?? StoreError(.diskFull, StoreError.fullDisk))
            } else {
                kept.append(operation)
            }
        }
    }

    /// Tries everything that waits: ends of calls first and together, the rest one by one, because one may need more
    /// space than there is. The disk has space again once nothing waits and the probe confirms it.
    private mutating func tryAgain() {
        nextTry = .now + Self.pause
        room?.make()
        kept = withoutThoseOfMissingFiles(kept)
        let (ends, others) = (kept.filter { $0.patience == .toTheLast }, kept.filter { $0.patience != .toTheLast })
        kept = []
        var full: StoreError?
        for group in ([ends] + others.map { [$0] }) where !group.isEmpty {
            guard let found = commit(group) else { continue }
            full = found
            for operation in group {
                if waitingForRoom().includes(operation.patience) {
                    kept.append(operation)
                } else {
                    operation.fail(found)
                }
            }
        }
        if failure == nil, full == nil, room?.isThere() ?? true { storage.found(isFull: false, at: WallTime.now()) }
    }

    /// Commits a group and completes every operation in it; returns the error when the disk is full, without having
    /// completed any. Any other failure is reported to all operations, including the waiting ones, and is permanent.
    private mutating func commit(_ group: [WriteOperation]) -> StoreError? {
        if group.isEmpty { return nil }
        if let failure {
            group.forEach { $0.fail(failure) }
            return nil
        }
        do {
            let told = try transact(group)
            told.forEach { $0() }
            return nil
        } catch {
            let found = StoreError(error, while: .writing)
            if found.code == .diskFull { return found }
            failure = found
            let waiting = kept
            kept = []
            (group + waiting).forEach { $0.fail(found) }
            return nil
        }
    }

    /// The completions to call once the group is committed: success, or the rule that was broken.
    ///
    /// The group first runs without savepoints, which cost a copy of each page; rules are broken so rarely that the
    /// whole group is then run again with them.
    private func transact(_ group: [WriteOperation]) throws -> [@Sendable () -> Void] {
        var tries = 0
        while true {
            do {
                return try transactOnce(group)
            } catch  where connection.database.mayRepeat(after: error, tries: tries) {
                tries += 1
            }
        }
    }

    private func transactOnce(_ group: [WriteOperation]) throws -> [@Sendable () -> Void] {
        do {
            return try inTransaction { try group.map { try perform($0) } }
        } catch  where StoreError.concernsOneOperation(error) {
            return try inTransaction { try group.map { try performAlone($0) } }
        }
    }

    private func inTransaction(_ work: () throws -> [@Sendable () -> Void]) throws -> [@Sendable () -> Void] {
        (connection.claimed, connection.counters, connection.standing) = ([], GroupCounters(), CommitStanding())
        try connection.database.begin()
        let told: [@Sendable () -> Void]
        do {
            told = try work()
            try connection.writeCounters()
            // No call without a mark and a trace that record it.
            guard connection.claimed.isEmpty || ledger != nil else { throw StoreError.runnerOnly }
            if let last = connection.claimed.last { try ledger?.reserve(upTo: last.attempt.rawValue) }
            if try connection.database.commit() == .found { connection.standing.isLate = true }
        } catch {
            let described = connection.database.described(error)
            // SQLite may have rolled back by itself on a full disk; then there is nothing left to roll back.
            try? connection.database.rollBack()
            throw described
        }
        if !connection.claimed.isEmpty { try advanceLedger(connection.claimed) }
        return told
    }

    /// The transaction is committed, so what fails here is never retried: on a full disk it waits, and any other
    /// failure is permanent.
    private func advanceLedger(_ claimed: [ClaimedAttempt]) throws {
        guard let last = claimed.last?.attempt.rawValue else { return }
        while true {
            do {
                try ledger?.advance(to: last, claimed)
                return
            } catch let error as StoreError where error.code == .diskFull {
                guard waitingForRoom() != .nobody else { throw StoreError(.stateNotWritten, error.message) }
                storage.found(isFull: true, at: WallTime.now())
                Thread.sleep(forTimeInterval: Self.markPause)
            }
        }
    }

    private func perform(_ operation: WriteOperation) throws -> @Sendable () -> Void {
        if operation.leavesCountersToTheGroup { return try operation.perform(connection) }
        try connection.writeCounters()
        let tell = try operation.perform(connection)
        try connection.writeCounters()
        return tell
    }

    private func performAlone(_ operation: WriteOperation) throws -> @Sendable () -> Void {
        try connection.writeCounters()
        let claimed = connection.claimed
        try connection.database.setSavepoint()
        do {
            let tell = try operation.perform(connection)
            try connection.writeCounters()
            try connection.database.releaseSavepoint()
            return tell
        } catch  where StoreError.concernsOneOperation(error) {
            (connection.claimed, connection.counters) = (claimed, GroupCounters())
            try connection.database.rollBackToSavepoint()
            return { operation.fail(StoreError.ofOneOperation(error)) }
        }
    }
}
