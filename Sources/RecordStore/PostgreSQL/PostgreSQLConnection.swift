import Basics
import CPostgres

/// One connection to a PostgreSQL server, in pipeline mode. It is made when it is first needed, and made again after it
/// was lost.
///
/// One thread uses it at a time: the writing thread its own, a reader the one that the pool hands to it. That is why it may
/// be sent.
final class PostgreSQLConnection: @unchecked Sendable {
    /// What was sent and not answered yet.
    private enum Sent {
        case preparation(Key)
        case statement
    }

    /// A statement with the types of its parameters, for which the server prepares it once.
    private struct Key: Hashable {
        let sql: String
        let types: [Oid]
    }

    /// So many are sent before their answers are read: both sides' buffers hold them, so that neither waits for the other.
    private static let mostSent = 64
    /// A server keeps each prepared statement; more than these are variants of a few, and are prepared each time.
    private static let mostPrepared = 400

    private let place: PostgreSQLPlace
    private var raw: OpaquePointer?
    private var sent: [Sent] = []
    private var prepared: [Key: String] = [:]
    private var texts: [String: PostgreSQLText] = [:]
    /// The statements that take many rows, each with those that were not sent yet.
    private var rows: [PostgreSQLRows] = []
    /// Whether statements are prepared by name, which PgBouncer before 1.21 does not pass on.
    private var preparesByName = true
    /// The server that it leads to.
    private var server: ServerIdentity?
    private var lastResult: PostgreSQLResult?
    /// What went wrong where it could not be thrown.
    private var failure: PostgreSQLError?
    /// The transaction that is open for writing.
    var transaction: Transaction?
    /// The server of the process's last one: none of an earlier timeline is written to any more, or read from.
    let newest: NewestServer
    /// Where this connection moves the database, which nobody else may write to meanwhile; nil: nowhere.
    var movingTo: String?
    /// Since when the server has not been reached.
    var lostSince: ContinuousClock.Instant?
    /// Why it is not reached now; nil: it is.
    let trouble = Lock<PostgreSQLError?>(nil)
    /// How often an answer was waited for, however many statements it answered.
    private(set) var roundTrips = 0
    /// Whether the server warned that a commit may not have reached a standby (SQLSTATE 01000).
    private let warning = Lock(false)

    /// Makes none yet.
    ///
    /// - Parameters:
    ///   - place: Where it will lead.
    ///   - newest: What all connections of the process to one database share.
    init(_ place: PostgreSQLPlace, newest: NewestServer = NewestServer()) {
        (self.place, self.newest) = (place, newest)
    }

    deinit {
        disconnect()
    }

    /// Ends the connection; the next statement makes another.
    func disconnect() {
        if let raw { PQfinish(raw) }
        raw = nil
        sent = []
        prepared = [:]
        lastResult = nil
    }

    /// Disconnects from a server that another has replaced: behind PgBouncer the connection may have stayed.
    func leaveIfReplaced() {
        if let server, server.successor(newest.identity) != nil { disconnect() }
    }

    /// Disconnects for good, and lets go of the statements, which hold this connection.
    func close() {
        disconnect()
        rows = []
    }

    /// A statement of the text that all engines share.
    func statement(_ sql: String) -> PostgreSQLStatement {
        let text = texts[sql] ?? PostgreSQLText(sql)
        texts[sql] = text
        return PostgreSQLStatement(text, on: self)
    }

    /// A statement for many rows.
    ///
    /// - Parameters:
    ///   - each: What a row is bound to.
    ///   - text: The same for arrays.
    /// - Returns: No rows yet.
    func rows(_ each: PostgreSQLStatement, _ text: PostgreSQLText) -> PostgreSQLRows {
        let made = PostgreSQLRows(each, PostgreSQLStatement(text, on: self))
        rows.append(made)
        return made
    }

    /// Whether all rows that statements were given were sent.
    var hasSentAllRows: Bool { rows.allSatisfy(\.isEmpty) }

    /// How many rows the last statement changed; asks for answers that are not read yet.
    var changesCount: Int {
        do {
            return try synchronize()?.changes ?? 0
        } catch {
            // Thrown by whatever comes next in the transaction.
            failure = error as? PostgreSQLError
            return 0
        }
    }

    /// Forgets what went wrong, because it is undone, and what has not been sent of it.
    func forgetFailure() {
        rows.forEach { $0.forget() }
        failure = nil
        // What was sent after it is answered with the same failure.
        _ = try? synchronize()
        failure = nil
    }

    private func throwFailure() throws {
        guard let failure else { return }
        self.failure = nil
        throw failure
    }

    /// Sends a statement without waiting for its answer.
    ///
    /// - Throws: ``PostgreSQLError``.
    func send(_ statement: PostgreSQLStatement) throws {
        try throwFailure()
        if sent.count >= Self.mostSent { try synchronize() }
        let raw = try connected()
        let key = Key(sql: statement.text.sql, types: statement.parameters.map(\.type))
        let isSent: Bool
        if preparesByName, let name = prepared[key] ?? (prepared.count < Self.mostPrepared ? prepare(key, raw) : nil) {
            isSent = statement.withParameters { PQsendQueryPrepared(raw, name, $0, $1, $2, $3, 1) == 1 }
        } else {
            isSent = statement.withParameters { PQsendQueryParams(raw, key.sql, $0, key.types, $1, $2, $3, 1) == 1 }
        }
        guard isSent else { throw lost() }
        sent.append(.statement)
    }

    private func prepare(_ key: Key, _ raw: OpaquePointer) -> String? {
        let name = "rollcall_\(prepared.count + 1)"
        guard PQsendPrepare(raw, name, key.sql, Int32(key.types.count), key.types) == 1 else { return nil }
        sent.append(.preparation(key))
        prepared[key] = name
        return name
    }

    /// Sends a statement and waits for its answer, and for those before.
    ///
    /// - Returns: What it brought.
    /// - Throws: ``PostgreSQLError``: the first that went wrong.
    func ask(_ statement: PostgreSQLStatement) throws -> PostgreSQLResult? {
        try send(statement)
        return try synchronize()
    }

    /// Reads the answers to all that was sent.
    ///
    /// - Returns: The last one.
    /// - Throws: ``PostgreSQLError``: the first that went wrong.
    @discardableResult
    func synchronize() throws -> PostgreSQLResult? {
        try throwFailure()
        guard !sent.isEmpty else { return lastResult }
        let raw = try connected()
        guard PQpipelineSync(raw) == 1 else { throw lost() }
        roundTrips += 1
        let waiting = sent
        sent = []
        lastResult = nil
        var failure: PostgreSQLError?
        for command in waiting {
            guard let answer = try nextResult(raw) else { throw lost() }
            let result = PostgreSQLResult(takingOwnershipOf: answer)
            // A null pointer only ends the answer to one command.
            while let more = try nextResult(raw) { PQclear(more) }
            let isDone = [PGRES_COMMAND_OK, PGRES_TUPLES_OK].contains(result.status)
            if !isDone {
                if case .preparation(let key) = command { prepared[key] = nil }
                if result.status != PGRES_PIPELINE_ABORTED { failure = failure ?? result.error }
            }
            lastResult = result
        }
        try readEnd(raw)
        // Behind PgBouncer a server may have become a standby while the connection stayed.
        if let failure { throw PQstatus(raw) == CONNECTION_OK && failure.sqlState != "25006" ? failure : lost(failure) }
        return lastResult
    }

    /// The next result; nil where those of a command end.
    ///
    /// A server that says nothing for a while may be at work, or wait for another transaction: then it answers another
    /// connection. One that does not, or that another has replaced, is not waited for.
    private func nextResult(_ raw: OpaquePointer) throws -> OpaquePointer? {
        while true {
            switch PostgreSQLWaiting.forAnswer(on: raw, silence: place.silence) {
            case .answered: return PQgetResult(raw)
            case .silent: guard isServerThere else { throw lost() }
            case .lost: throw lost()
            }
        }
    }

    private var isServerThere: Bool {
        // A server that cannot be connected to is not there, which is what is asked.
        guard let (made, peer) = try? place.connectToPrimary(newest: newest.identity) else { return false }
        PQfinish(made)
        return peer.server == server
    }

    private func readEnd(_ raw: OpaquePointer) throws {
        guard let end = try nextResult(raw) else { throw lost() }
        defer { PQclear(end) }
        guard PQresultStatus(end) == PGRES_PIPELINE_SYNC else { throw lost() }
    }

    /// Runs statements of PostgreSQL's own, such as the schema's, in one transaction.
    ///
    /// - Throws: ``PostgreSQLError``.
    func run(script: String) throws {
        try synchronize()
        let raw = try connected()
        guard PQexitPipelineMode(raw) == 1 else { throw lost() }
        guard PQsendQuery(raw, script) == 1 else { throw lost() }
        var last: PostgreSQLResult?
        // Behind what went wrong nothing more is done.
        while let answer = try nextResult(raw) { last = PostgreSQLResult(takingOwnershipOf: answer) }
        guard let result = last else { throw lost() }
        let failure = [PGRES_COMMAND_OK, PGRES_TUPLES_OK].contains(result.status) ? nil : result.error
        guard PQenterPipelineMode(raw) == 1 else { throw lost() }
        if let failure { throw PQstatus(raw) == CONNECTION_OK ? failure : lost(failure) }
    }

    /// Whether the server warned, since this was last asked, that a commit may not have reached a standby.
    func takeWarning() -> Bool {
        warning.withLock { warned in
            defer { warned = false }
            return warned
        }
    }

    private func lost(_ error: PostgreSQLError = PostgreSQLError(sqlState: nil)) -> PostgreSQLError {
        disconnect()
        var error = error
        error.isLost = true
        return error
    }

    private func connected() throws -> OpaquePointer {
        if let raw { return raw }
        let (made, peer) = try place.connectToPrimary(newest: newest.identity)
        PQsetNoticeReceiver(
            made,
            { context, result in
                // A warning of the commit is all that matters; no text of the server's is shown.
                guard let context, let state = rollcall_pg_sqlstate(result), String(cString: state) == "01000" else {
                    return
                }
                Unmanaged<PostgreSQLConnection>.fromOpaque(context).takeUnretainedValue().warning.withLock { $0 = true }
            }, Unmanaged.passUnretained(self).toOpaque())
        // Nothing was begun on this connection: whatever failed, it counts as lost and another may be made.
        guard PQenterPipelineMode(made) == 1,
            // Else a full buffer would be waited for without a limit.
            PQsetnonblocking(made, 1) == 0
        else {
            PQfinish(made)
            throw PostgreSQLError(sqlState: nil, isLost: true)
        }
        (preparesByName, server) = (peer.isDirect, peer.server)
        raw = made
        return made
    }
}
