import Basics
import CPostgres
import Glibc

/// Waiting for a server's answer, for so long and no longer: libpq itself waits for ever where the server's process stands
/// still and its machine still answers.
enum PostgreSQLWaiting {
    /// What came of a wait.
    enum Outcome {
        /// The next result can be had without waiting.
        case answered
        /// Nothing came from the server for as long as was said.
        case silent
        /// The connection broke.
        case lost
    }

    /// Sends what is not sent yet, and waits for the next result; each piece that arrives lets it wait anew.
    static func forAnswer(on raw: OpaquePointer, silence: Duration) -> Outcome {
        while true {
            let unsent = PQflush(raw)
            if unsent < 0 { return .lost }
            if PQisBusy(raw) == 0 { return .answered }
            switch forSocket(of: raw, writing: unsent > 0, silence: silence) {
            case .answered: if PQconsumeInput(raw) == 0 { return .lost }
            case let other: return other
            }
        }
    }

    private static func forSocket(of raw: OpaquePointer, writing: Bool, silence: Duration) -> Outcome {
        let end = ContinuousClock.now + silence
        var waiting = pollfd(fd: PQsocket(raw), events: Int16(POLLIN | (writing ? POLLOUT : 0)), revents: 0)
        while true {
            let left = (end - .now).milliseconds
            // Only an interrupted wait is begun again (`man 2 poll`).
            let found = poll(&waiting, 1, Int32(clamping: max(0, left + 1)))
            if found > 0 { return .answered }
            if found == 0 { return .silent }
            if errno != EINTR { return .lost }
        }
    }

    /// Asks outside a pipeline, by PostgreSQL's simple protocol.
    ///
    /// - Returns: The last statement's result; nil where none came in time.
    static func ask(_ raw: OpaquePointer, _ sql: String, silence: Duration) -> PostgreSQLResult? {
        guard PQsendQuery(raw, sql) == 1 else { return nil }
        var last: PostgreSQLResult?
        while case .answered = forAnswer(on: raw, silence: silence) {
            guard let answer = PQgetResult(raw) else { return last }
            last = PostgreSQLResult(takingOwnershipOf: answer)
            // Of a script the first failure ends it.
        }
        return nil
    }
}

/// What a connection leads to.
struct PostgreSQLPeer: Sendable, Equatable {
    let server: ServerIdentity
    /// Whether the server itself answers: PgBouncer makes up the process id that a connection is told of.
    let isDirect: Bool
    /// Whether it is no standby, nor set to be read only.
    let takesWrites: Bool

    /// A standby has no log of its own whose name tells the timeline.
    private static let question = """
        SELECT pg_backend_pid(), (pg_control_system()).system_identifier,
          CASE WHEN pg_is_in_recovery() THEN '' ELSE pg_walfile_name(pg_current_wal_lsn()) END,
          current_setting('transaction_read_only')
        """

    /// Asks.
    ///
    /// - Throws: ``PostgreSQLError`` when nothing is answered.
    init(of raw: OpaquePointer, silence: Duration) throws {
        guard let answer = PostgreSQLWaiting.ask(raw, Self.question, silence: silence), answer.rowCount == 1 else {
            throw PostgreSQLError(sqlState: nil, isLost: true)
        }
        func text(_ column: Int32) -> String {
            answer.bytes(0, column).map { String(decoding: $0, as: UTF8.self) } ?? ""
        }
        server = ServerIdentity(identifier: Int64(text(1)) ?? 0, walFile: text(2))
        isDirect = Int32(text(0)) == PQbackendPID(raw)
        takesWrites = text(3) == "off"
    }
}
