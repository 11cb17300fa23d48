import Basics
import Dispatch
import Foundation
import GRDB
import GRDBSQLite

/// Runs a group of operations in one transaction: one commit and one synchronization for all of them.
///
/// On a full disk, operations that may wait are kept and retried, ends of calls first. Every other write failure is
/// permanent.
struct GroupCommit {
    /// How often a transaction is begun before another process's lock is a failure; each waits ten seconds
    /// (``BusyWait``), so that five minutes pass.
    private static let busyTries = 30
    /// The interval at which a full disk is tried again.
    static let pause = DispatchTimeInterval.seconds(1)
    /// The same, in seconds, where a commit waits for the files beside the database.
    private static let markPause = 1.0

    private let connection: WriterConnection
    private let ledger: LedgerFiles?
    private let statements: TransactionStatements
    private let storage: StorageWatch
    private let probe: RoomProbe?
    /// Makes the space of the WAL usable again on a full disk.
    private let checkpoint: WALCheckpoint?
    /// Which operations may wait for space now.
    private let waitingForRoom: () -> WaitingForRoom
    /// The files that must be in place now.
    private let files: () -> FilesInPlace?
    /// The operations that wait for space.
    private var kept: [WriteOperation] = []
    private var nextTry = DispatchTime.distantFuture
    /// Why nothing can be written any more.
    private(set) var failure: StoreError?

    /// Prepares the statements. Without a probe, any successful write means that there is space again.
    init(
        _ connection: WriterConnection, _ ledger: LedgerFiles?, storage: StorageWatch = StorageWatch(),
        probe: RoomProbe? = nil, checkpoint: WALCheckpoint? = nil,
        waitingForRoom: @escaping () -> WaitingForRoom = { .nobody },
        files: @escaping () -> FilesInPlace? = { nil }
    ) throws {
        self.connection = connection
        self.ledger = ledger
        self.storage = storage
        self.probe = probe
        self.checkpoint = checkpoint
        self.waitingForRoom = waitingForRoom
        self.files = files
        statements = try TransactionStatements(connection.database)
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
            copyBackLog()
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
        if DispatchTime.now() >= nextTry { tryAgain() }
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

    /// Copies the WAL into the database as far as that has space, so that the next commit overwrites the WAL from its
    /// start: on a small disk the WAL alone may take all the space, long before SQLite would copy it back by itself.
    private func copyBackLog() {
        // On a full disk it may fail as well; the WAL still holds everything.
        _ = try? checkpoint?.run()
    }

    /// Tries everything that waits: ends of calls first and together, the rest one by one, because one may need more
    /// space than there is. The disk has space again once nothing waits and the probe confirms it.
    private mutating func tryAgain() {
        nextTry = .now() + Self.pause
        copyBackLog()
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
        if failure == nil, full == nil, probe?.hasRoom() ?? true { storage.found(isFull: false, at: WallTime.now()) }
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
        do {
            return try inTransaction { try group.map { try perform($0) } }
        } catch  where StoreError.concernsOneOperation(error) {
            return try inTransaction { try group.map { try performAlone($0) } }
        }
    }

    private func inTransaction(_ work: () throws -> [@Sendable () -> Void]) throws -> [@Sendable () -> Void] {
        (connection.claimedUpTo, connection.tally) = (nil, FinishTally())
        try begin()
        let told: [@Sendable () -> Void]
        do {
            told = try work()
            try connection.writeTally()
            // No call without a mark and a trace that record it.
            guard connection.claimedUpTo == nil || ledger != nil else { throw StoreError.runnerOnly }
            if let claimed = connection.claimedUpTo { try ledger?.reserve(upTo: claimed) }
            try statements.commit.run()
        } catch {
            let described = described(error)
            // SQLite may have rolled back by itself on a full disk; then there is nothing left to roll back.
            try? statements.rollback.run()
            throw described
        }
        if let claimed = connection.claimedUpTo { try advanceLedger(to: claimed) }
        return told
    }

    /// SQLite's error with the system's error behind it, which the next statement would overwrite.
    private func described(_ error: any Error) -> any Error {
        guard let error = error as? DatabaseError, !StoreError.concernsOneOperation(error) else { return error }
        let systemError = connection.database.sqliteConnection.map { sqlite3_system_errno($0) } ?? 0
        return StoreError(error, while: .writing, because: systemError == 0 ? nil : SystemFault(systemError))
    }

    /// The transaction is committed, so what fails here is never retried: on a full disk it waits, and any other
    /// failure is permanent.
    private func advanceLedger(to claimed: Int64) throws {
        while true {
            do {
                try ledger?.advance(to: claimed)
                return
            } catch let error as StoreError where error.code == .diskFull {
                guard waitingForRoom() != .nobody else { throw StoreError(.stateNotWritten, error.message) }
                storage.found(isFull: true, at: WallTime.now())
                Thread.sleep(forTimeInterval: Self.markPause)
            }
        }
    }

    private func perform(_ operation: WriteOperation) throws -> @Sendable () -> Void {
        if !operation.leavesCountersToTheGroup { try connection.writeTally() }
        return try operation.perform(connection)
    }

    private func performAlone(_ operation: WriteOperation) throws -> @Sendable () -> Void {
        try connection.writeTally()
        let claimed = connection.claimedUpTo
        try statements.savepoint.run()
        do {
            let tell = try operation.perform(connection)
            try connection.writeTally()
            try statements.release.run()
            return tell
        } catch  where StoreError.concernsOneOperation(error) {
            (connection.claimedUpTo, connection.tally) = (claimed, FinishTally())
            try statements.rollbackToSavepoint.run()
            try statements.release.run()
            return { operation.fail(StoreError.ofOneOperation(error)) }
        }
    }

    /// Another process may hold the write lock; nothing is abandoned while waiting can resolve that.
    private func begin() throws {
        for _ in 1..<Self.busyTries {
            do {
                return try statements.begin.run()
            } catch let error as DatabaseError where error.resultCode == .SQLITE_BUSY {
                continue
            }
        }
        try statements.begin.run()
    }
}

/// The statements around every group of writes.
struct TransactionStatements {
    let begin: PreparedStatement
    let commit: PreparedStatement
    let rollback: PreparedStatement
    let savepoint: PreparedStatement
    let rollbackToSavepoint: PreparedStatement
    let release: PreparedStatement

    init(_ database: Database) throws {
        begin = try PreparedStatement(database, "BEGIN IMMEDIATE")
        commit = try PreparedStatement(database, "COMMIT")
        rollback = try PreparedStatement(database, "ROLLBACK")
        savepoint = try PreparedStatement(database, "SAVEPOINT operation")
        rollbackToSavepoint = try PreparedStatement(database, "ROLLBACK TO operation")
        release = try PreparedStatement(database, "RELEASE operation")
    }
}
