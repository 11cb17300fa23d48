import Foundation

/// The `sqlite3` command line tool.
struct SQLiteShell {
    private let path: String

    /// The one in the PATH; nil where there is none.
    static func find() -> SQLiteShell? {
        let folders = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":")
        let path = folders.lazy.map { "\($0)/sqlite3" }.first { FileManager.default.isExecutableFile(atPath: $0) }
        return path.map(SQLiteShell.init)
    }

    /// Imports a CSV file into a new database, which is removed again.
    func importFile(_ input: String, rows: Int, in folder: WorkFolder) throws -> ChildProcess.Ended {
        let place = try folder.makeFolder("import")
        defer { folder.remove("import") }
        let database = "\(place)/rows.sqlite"
        let ended = try run([database] + Self.table + [".import --csv --skip 1 '\(input)' rows"], in: folder)
        _ = try run([database, "SELECT count(*) FROM rows"], in: folder)
        guard TextFile.text(of: folder.file("sqlite3.out")) == "\(rows)\n" else {
            throw BenchmarkError("sqlite3 did not import all of the \(rows) rows")
        }
        return ended
    }

    /// A table with the indexes of `records`: the row id, and a partial one that no new row falls under.
    private static var table: [String] {
        let columns = SampleAccounts.columns.map { "\($0) TEXT" }.joined(separator: ", ")
        return [
            "CREATE TABLE rows (\(columns))",
            "CREATE INDEX rows_in_doubt ON rows (account_id) WHERE country = 'in doubt'",
        ]
    }

    private func run(_ arguments: [String], in folder: WorkFolder) throws -> ChildProcess.Ended {
        try ChildProcess.start(
            [path] + arguments, output: folder.file("sqlite3.out"), errors: folder.file("sqlite3.log")
        ).waitForSuccess()
    }
}
