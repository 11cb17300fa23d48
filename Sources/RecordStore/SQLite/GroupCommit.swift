import Basics
import Dispatch
import Foundation
import GRDB
import GRDBSQLite

/// Runs a group of operations in one transaction: one commit, one synchronization, for all of them.
///
/// On a full disk operations that may wait are kept and tried again, calls' ends before all else. Everything else that
/// keeps the database from writing is a failure for good.
struct GroupCommit {
    private static let busyTries = 30
    /// How often a full disk is tried again.
    static let pause = DispatchTimeInterval.seconds(1)

    private let connection: WriterConnection
    private let ledger: LedgerFiles?
    private let statements: TransactionStatements
    private let storage: StorageWatch
    private let probe: RoomProbe?
    /// Which operations may wait for room, at the moment.
    private let waitingForRoom: () -> WaitingForRoom
    /// The files that have to be in place, at the moment.
    private let files: () -> FilesInPlace?
    /// What waits for room.
    private var kept: [WriteOperation] = []
    private var nextTry = DispatchTime.distantFuture
    /// Why nothing can be written any more.
    private(set) var failure: StoreError?

    /// Prepares the statements. Without a probe there is room again as soon as something was written.
    init(
        _ connection: WriterConnection, _ ledger: LedgerFiles?, storage: StorageWatch = StorageWatch(),
        probe: RoomProbe? = nil, waitingForRoom: @escaping () -> WaitingForRoom = { .nobody },
        files: @escaping () -> FilesInPlace? = { nil }
    ) throws {
        self.connection = connection
        self.ledger = ledger
        self.storage = storage
        self.probe = probe
        self.waitingForRoom = waitingForRoom
        self.files = files
        statements = try TransactionStatements(connection.database)
    }

    /// Whether the disk is full, so that ``run(_:)`` is to be called every now and then, though nothing came.
    var waitsForRoom: Bool { failure == nil && storage.condition != .normal }

    /// Commits the group and tells everyone who waits. An operation that breaks a rule leaves nothing behind and fails
    /// alone; when the database can't write, all fail, and so does everything after.
    mutating func run(_ group: [WriteOperation]) {
        if let failure { return group.forEach { $0.fail(failure) } }
        let group = withoutThoseOfMissingFiles(group)
        guard waitsForRoom else {
            guard let full = commit(group) else { return }
            storage.found(isFull: true, at: WallClock.now())
            keep(group, full)
            return tryAgain()
        }
        keep(group, nil)
        // Who may wait no longer hears of it at once.
        let waiting = waitingForRoom()
        let given = kept.filter { !waiting.includes($0.patience) }
        kept.removeAll { !waiting.includes($0.patience) }
        for operation in given { if let full = commit([operation]) { operation.fail(full) } }
        if DispatchTime.now() >= nextTry { tryAgain() }
    }

    /// What of a group may be written: once a file of the database is not in its place, the ends of calls alone, which cost
    /// nothing more. Everything else fails, each time it is asked for.
    private func withoutThoseOfMissingFiles(_ group: [WriteOperation]) -> [WriteOperation] {
        do {
            try files()?.check()
            return group
        } catch {
            for operation in group where operation.patience != .toTheLast { operation.fail(error) }
            return group.filter { $0.patience == .toTheLast }
        }
    }

    /// Fails what still waits for room, once more tried.
    mutating func end() {
        let waiting = kept
        kept = []
        for operation in waiting { if let full = commit([operation]) { operation.fail(full) } }
    }

    /// Keeps what may wait for room; the rest hears at once that there is none.
    private mutating func keep(_ group: [WriteOperation], _ full: StoreError?) {
        for operation in group {
            if operation.patience == .none {
                operation.fail(full ?? StoreError(.diskFull, StoreError.fullDisk))
            } else {
                kept.append(operation)
            }
        }
    }

    /// Tries everything that waits: the ends of calls together and first, the rest one by one, for one may need more room
    /// than there is. The disk has room again once nothing waits and the probe says so.
    private mutating func tryAgain() {
        nextTry = .now() + Self.pause
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
        if failure == nil, full == nil, probe?.hasRoom() ?? true { storage.found(isFull: false, at: WallClock.now()) }
    }

    /// Commits a group and tells everyone in it; the error where there is no room for it, of which nobody was told. Any
    /// other failure is told to everybody, also to those who wait, and is for good.
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

    /// What to call once the group is committed: the news of success, or of the rule that was broken.
    ///
    /// First everything goes without savepoints, which cost a copy of each page; a rule is broken so rarely that then
    /// the whole group is done again, with them.
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
            // No call without a mark and a trace that know of it.
            guard connection.claimedUpTo == nil || ledger != nil else { throw StoreError.runnerOnly }
            if let claimed = connection.claimedUpTo { try ledger?.reserve(upTo: claimed) }
            try statements.commit.run()
        } catch {
            let described = described(error)
            // A full disk may have rolled back by itself; then there is nothing left to roll back.
            try? statements.rollback.run()
            throw described
        }
        if let claimed = connection.claimedUpTo { try advanceLedger(to: claimed) }
        return told
    }

    /// What SQLite says together with what the system said to it, which the next statement would replace.
    private func described(_ error: any Error) -> any Error {
        guard let error = error as? DatabaseError, !StoreError.concernsOneOperation(error) else { return error }
        let systemError = connection.database.sqliteConnection.map { sqlite3_system_errno($0) } ?? 0
        return StoreError(error, while: .writing, because: systemError == 0 ? nil : SystemFault(systemError))
    }

    /// The transaction is committed, so what fails here is never done again: a full disk is waited out, anything else is
    /// for good.
    private func advanceLedger(to claimed: Int64) throws {
        while true {
            do {
                try ledger?.advance(to: claimed)
                return
            } catch let error as StoreError where error.code == .diskFull {
                guard waitingForRoom() != .nobody else { throw StoreError(.stateNotWritten, error.message) }
                storage.found(isFull: true, at: WallClock.now())
                Thread.sleep(forTimeInterval: 1)
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

    /// Another process may hold the write lock; nothing is given up while that can be waited out.
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
