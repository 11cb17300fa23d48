import Basics
import Foundation
import GRDBSQLite

/// What statements SQLite runs in the databases of a folder, whoever opens them in this process (sqlite3_auto_extension,
/// sqlite3_trace_v2).
enum StatementTrace {
    private static let seen = Lock<[String: Set<String>]>([:])

    /// The texts of all statements on rows that a body runs in databases of a folder, in order of their text.
    static func statements(in folder: String, _ body: () async throws -> Void) async throws -> [String] {
        let folder = URL(fileURLWithPath: folder).resolvingSymlinksInPath().path
        _ = sqlite3_auto_extension(entry)
        defer { _ = sqlite3_cancel_auto_extension(entry) }
        try await body()
        return seen.withLock { seen in
            seen.filter { $0.key.hasPrefix(folder) }.values.reduce(into: Set()) { $0.formUnion($1) }.sorted()
        }
    }

    private typealias Entry = @convention(c) (OpaquePointer?, UnsafeRawPointer?, UnsafeRawPointer?) -> Int32

    /// Called by SQLite with each connection as it opens, though its declaration does not say so.
    private static let entry: @convention(c) () -> Void = unsafeBitCast(
        { connection, _, _ in
            sqlite3_trace_v2(
                connection, UInt32(SQLITE_TRACE_STMT),
                { _, _, statement, _ in
                    StatementTrace.note(OpaquePointer(statement))
                    return 0
                }, nil)
        } as Entry, to: (@convention(c) () -> Void).self)

    private static func note(_ statement: OpaquePointer?) {
        guard let text = sqlite3_sql(statement), let path = sqlite3_db_filename(sqlite3_db_handle(statement), "main")
        else { return }
        let sql = String(cString: text)
        let verbs = ["SELECT", "INSERT", "UPDATE", "DELETE", "WITH", "REPLACE"]
        guard let verb = sql.split(whereSeparator: \.isWhitespace).first?.uppercased(), verbs.contains(verb) else {
            return
        }
        seen.withLock { _ = $0[String(cString: path), default: []].insert(sql) }
    }
}
