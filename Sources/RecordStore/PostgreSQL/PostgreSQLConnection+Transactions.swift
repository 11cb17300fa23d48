import Basics
import Foundation

/// The transactions around groups of writes, and around reads.
extension PostgreSQLConnection {
    /// How long a server keeps a transaction whose client says nothing, in milliseconds: a process that was stopped in one
    /// must not keep all others waiting.
    private static let longestSilence = 5_000
    /// How often what passes is tried again.
    private static let tries = 300
    /// How long a server is waited for that is not reached: five minutes, as for a lock of SQLite's.
    private static let patience = Duration.seconds(300)
    /// Seconds between two tries: a server that restarts or fails over needs that long, and is not flooded meanwhile.
    private static let pause = 1.0

    /// How the server finds rows: one by one by their index, in its order, as SQLite does, for which the statements are
    /// written. A plan is made while a table is empty and used when millions wait in it; left to choose, the server sorted
    /// all of a batch's waiting records for each claim. For one transaction alone: behind PgBouncer the session is everybody's.
    /// A plan is made once, not anew for each row: a check of a reference to a table in partitions is planned in 130 µs and done
    /// in 5.
    private static let plans =
        ([
            "enable_seqscan", "enable_bitmapscan", "enable_sort", "enable_hashjoin", "enable_mergejoin", "jit",
        ].map { ($0, "off") } + [("plan_cache_mode", "force_generic_plan")])
        .map { "set_config('\($0)', '\($1)', true)" }.joined(separator: ", ")

    /// Begins a transaction that may write. It waits until it is alone: whoever writes locks the contract's row first.
    ///
    /// - Throws: ``PostgreSQLError``, also when the server is one that another has replaced.
    func begin() throws {
        forgetFailure()
        transaction = nil
        try send(statement("BEGIN ISOLATION LEVEL READ COMMITTED"))
        let limit = "set_config('idle_in_transaction_session_timeout', '\(Self.longestSilence)', true)"
        try send(statement("SELECT \(limit), \(Self.plans)"))
        try takeTurn()
    }

    /// Waits until this is the only one that writes.
    ///
    /// - Throws: ``PostgreSQLError``; ``StoreError`` with ``StoreErrorCode/moved`` when the database is elsewhere.
    private func takeTurn() throws {
        let turn = statement(
            """
            SELECT pg_current_xact_id()::text::bigint, (pg_control_system()).system_identifier,
              pg_walfile_name(pg_current_wal_lsn()), moved_to, moved_at
            FROM contract FOR UPDATE
            """)
        guard try turn.step() else { throw PostgreSQLError(sqlState: "42P01") }
        let server = ServerIdentity(identifier: turn.integer(1), walFile: turn.text(2) ?? "")
        let begun = Transaction(number: turn.integer(0), server: server)
        let move = turn.text(3).map { target in
            StoreMove(
                target: target,
                completedAt: turn.bytes(4) == nil ? nil : WallTime(milliseconds: turn.integer(4)))
        }
        turn.reset()
        if let successor = server.successor(newest.identity) {
            disconnect()
            throw PostgreSQLError.replaced(by: successor)
        }
        newest.record(server)
        trouble.withLock { $0 = nil }
        (transaction, lostSince) = (begun, nil)
        guard let move, move.completedAt != nil || move.target != movingTo else { return }
        _ = try ask(statement("ROLLBACK"))
        throw move.refusal
    }

    /// Begins a transaction by making the schema in an empty database; nobody sees it before it is committed.
    ///
    /// - Parameter schema: Its statements.
    /// - Throws: ``PostgreSQLError``.
    func beginMaking(_ schema: String) throws {
        transaction = nil
        try run(script: "BEGIN; \(schema)")
        try send(statement("SELECT \(Self.plans)"))
        try takeTurn()
    }

    /// Begins a transaction that reads, all of it as of one time.
    ///
    /// - Throws: ``PostgreSQLError``.
    func beginReading() throws {
        forgetFailure()
        transaction = nil
        try send(statement("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"))
        try send(statement("SELECT \(Self.plans)"))
    }

    /// Ends a transaction that reads.
    ///
    /// - Throws: ``PostgreSQLError``.
    func endReading() throws { _ = try ask(statement("COMMIT")) }

    /// Commits.
    ///
    /// - Returns: How it is known that the transaction lasts.
    /// - Throws: ``PostgreSQLError``: it was undone; ``StoreError`` where that is unknown.
    func commit() throws -> CommitAnswer {
        // SQLite has written such rows: what was forgotten here would be lost on a server alone.
        guard hasSentAllRows else {
            throw StoreError(
                .stateNotWritten, "Rows were to be written and never sent, which is a fault of Rollcall: report it")
        }
        // Whatever was only sent fails before this, so that what is lost from here on is the commit's answer.
        try synchronize()
        let begun = transaction
        transaction = nil
        do {
            let answer = try ask(statement("COMMIT"))
            // A transaction that failed before is undone by it.
            guard answer?.command == "COMMIT" else { throw PostgreSQLError(sqlState: "25P02") }
            return takeWarning() ? .found : .told
        } catch let error as PostgreSQLError where error.isLost {
            guard let begun, try lasts(begun) else { throw error }
            return .found
        }
    }

    /// Whether a transaction lasts whose commit was not answered. It waits until that transaction has ended, because it
    /// takes the same lock.
    private func lasts(_ transaction: Transaction) throws -> Bool {
        for _ in 0..<Self.tries {
            do {
                try begin()
                let server = self.transaction?.server
                let look = statement("SELECT pg_xact_status(?1::text::xid8)")
                look.bind(.integer(transaction.number), at: 1)
                let status = try look.step() ? look.text(0) : nil
                look.reset()
                _ = try ask(statement("ROLLBACK"))
                guard server == transaction.server, let status else { throw StoreError.unknownCommit }
                return status == "committed"
            } catch let error as PostgreSQLError where error.mayBeRepeated && isWaitedFor(after: error) {
                Thread.sleep(forTimeInterval: Self.pause)
            } catch is PostgreSQLError {
                throw StoreError.unknownCommit
            }
        }
        throw StoreError.unknownCommit
    }

    /// Whether a transaction that was not done may be done again now; it waits where the server was not reached.
    func mayRepeat(after error: any Error, tries: Int) -> Bool {
        guard let error = error as? PostgreSQLError, error.mayBeRepeated, tries < Self.tries, isWaitedFor(after: error)
        else { return false }
        if error.isLost { Thread.sleep(forTimeInterval: Self.pause) }
        return true
    }

    /// Whether the server is waited for any longer. One try may take long itself.
    private func isWaitedFor(after error: PostgreSQLError) -> Bool {
        guard error.isLost else { return true }
        trouble.withLock { $0 = error }
        let now = ContinuousClock.now
        lostSince = lostSince ?? now
        return lostSince.map { now - $0 < Self.patience } ?? true
    }
}

/// A transaction as the server numbers it.
struct Transaction: Sendable, Equatable {
    let number: Int64
    let server: ServerIdentity
}

extension PostgreSQLStatement {
    /// A text of the current row, or nil for NULL.
    func text(_ column: Int32) -> String? { bytes(column).map { String(decoding: $0, as: UTF8.self) } }
}

extension StoreError {
    /// A commit's answer was lost, and nobody can tell any more whether the transaction lasts.
    static var unknownCommit: StoreError {
        StoreError(
            .stateNotWritten,
            "PostgreSQL was lost while it committed, and the server that answers now cannot tell whether it did; nothing "
                + "was sent for it: start again")
    }
}
