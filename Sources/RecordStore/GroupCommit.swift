import GRDB

/// Runs a group of operations in one transaction: one commit, one synchronization, for all of them.
struct GroupCommit {
    private static let busyTries = 30

    private let connection: WriterConnection
    private let mark: LedgerMark
    private let statements: TransactionStatements
    /// Why nothing can be written any more.
    private(set) var failure: StoreError?

    init(_ connection: WriterConnection, _ mark: LedgerMark) throws {
        self.connection = connection
        self.mark = mark
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
            let failure = StoreError.notWritten(because: error)
            self.failure = failure
            group.forEach { $0.fail(failure) }
        }
    }

    private func transact(_ group: [WriteOperation]) throws -> [@Sendable () -> Void] {
        connection.claimedUpTo = nil
        try begin()
        do {
            let told = try group.map { try attempt($0) }
            try statements.commit.run()
            if let claimed = connection.claimedUpTo { try mark.advance(to: claimed) }
            return told
        } catch {
            // A full disk may have rolled back by itself; then there is nothing left to roll back.
            try? statements.rollback.run()
            throw error
        }
    }

    /// What to call once the group is committed: the news of success, or of the rule that was broken.
    private func attempt(_ operation: WriteOperation) throws -> @Sendable () -> Void {
        try statements.savepoint.run()
        do {
            let tell = try operation.perform(connection)
            try statements.release.run()
            return tell
        } catch  where StoreError.concernsOneOperation(error) {
            try statements.rollbackToSavepoint.run()
            try statements.release.run()
            return { operation.fail(error) }
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
