import Foundation

/// The `sqlite3` command line tool.
struct SQLiteShell {
    private let path: String

    /// The one in the PATH.
    ///
    /// - Throws: `BenchmarkError` where there is none.
    static func find() throws -> SQLiteShell {
        let folders = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":")
        let paths = folders.lazy.map { "\($0)/sqlite3" }
        guard let path = paths.first(where: { FileManager.default.isExecutableFile(atPath: $0) }) else {
            throw BenchmarkError("sqlite3 is not installed; apt-get install sqlite3")
        }
        return SQLiteShell(path: path)
    }

    /// Imports a CSV file into a new database, which is removed again.
    func importFile(_ input: String, rows: Int, in folder: WorkFolder) throws -> ChildProcess.Ended {
        let place = try folder.makeFolder("import")
        defer { folder.remove("import") }
        let database = "\(place)/rows.sqlite"
        let ended = try run([database] + Self.table + [".import --csv --skip 1 '\(input)' rows"], in: folder)
        guard try answer(to: "SELECT count(*) FROM rows", of: database, in: folder) == "\(rows)\n" else {
            throw BenchmarkError("sqlite3 did not import all of the \(rows) rows")
        }
        return ended
    }

    /// Makes sure that the comparison is with the indexes that `records` has.
    ///
    /// - Throws: `BenchmarkError` when a migration has changed them.
    func requireSameIndexes(as database: String, in folder: WorkFolder) throws {
        let query = "SELECT name FROM sqlite_schema WHERE type = 'index' AND tbl_name = 'records'"
        let names = try answer(to: query, of: database, in: folder).split(separator: "\n").map(String.init)
        guard Set(names) == Set(Self.indexes.keys) else {
            let found = names.sorted().joined(separator: ", ")
            throw BenchmarkError("records has the indexes \(found); give the table of sqlite3 the same")
        }
    }

    /// The indexes of `records` by name, besides the row id. No row that was just taken in is in any of them, but each
    /// has its condition tried on each row; the conditions here are of the same form, on columns of the file.
    private static let indexes = [
        "records_in_doubt": "(account_id) WHERE country = '4' AND state = '0'",
        "records_following": "(city) WHERE city IS NULL",
        "records_repeated": "(account_id) WHERE country = '1' AND city IS NULL AND state IN ('1', '2', '6')",
    ]

    private static var table: [String] {
        let columns = SampleAccounts.columns.map { "\($0) TEXT" }.joined(separator: ", ")
        return ["CREATE TABLE rows (\(columns))"] + indexes.map { "CREATE INDEX \($0) ON rows \($1)" }
    }

    /// What it prints for a query.
    func answer(to query: String, of database: String, in folder: WorkFolder) throws -> String {
        _ = try run([database, query], in: folder)
        return TextFile.text(of: folder.file("sqlite3.out"))
    }

    private func run(_ arguments: [String], in folder: WorkFolder) throws -> ChildProcess.Ended {
        try ChildProcess.start(
            [path] + arguments, output: folder.file("sqlite3.out"), errors: folder.file("sqlite3.log")
        ).waitForSuccess()
    }
}
