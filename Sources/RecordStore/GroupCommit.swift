import GRDB

/// Runs a group of operations in one transaction: one commit, one synchronization, for all of them.
struct GroupCommit {
    private static let busyTries = 30

    private let connection: WriterConnection
    private let files: LedgerFiles?
    private let statements: TransactionStatements
    /// Why nothing can be written any more.
    private(set) var failure: StoreError?

    init(_ connection: WriterConnection, _ files: LedgerFiles?) throws {
        self.connection = connection
        self.files = files
        statements = try TransactionStatements(connection.database)
    }

    /// Commits the group and tells everyone who waits. An operation that breaks a rule leaves nothing behind and fails
    /// alone; when the database can't write, all fail, and so does everything after.
    mutating func run(_ group: [WriteOperation]) {
        if let failure { return group.forEach { $0.fail(failure) } }
        do {
            let told = try transact(group)
            told.forEach { $0() }
        } catch {
            let failure = StoreError(error, while: .writing)
            self.failure = failure
            group.forEach { $0.fail(failure) }
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
        do {
            let told = try work()
            try connection.writeTally()
            // No call without a mark and a trace that know of it.
            guard connection.claimedUpTo == nil || files != nil else { throw StoreError.runnerOnly }
            if let claimed = connection.claimedUpTo { try files?.reserve(upTo: claimed) }
            try statements.commit.run()
            if let claimed = connection.claimedUpTo { try files?.advance(to: claimed) }
            return told
        } catch {
            // A full disk may have rolled back by itself; then there is nothing left to roll back.
            try? statements.rollback.run()
            throw error
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
