import Figures
import Foundation

/// Ingest of a CSV file against `sqlite3 .import` of the same file, each in a process of its own.
struct IngestBenchmark {
    let bench: Bench

    func measure() throws -> [Figure] {
        let shell = try SQLiteShell.find()
        let input = bench.folder.file("accounts.csv")
        try SampleAccounts.write(bench.scale.ingestRows, to: input)
        defer { bench.folder.remove("accounts.csv") }
        var (ours, theirs) = ([Cost](), [Cost]())
        for _ in 0..<bench.scale.rounds {
            ours.append(try ingest(input, comparedBy: shell))
            let ended = try shell.importFile(input, rows: bench.scale.ingestRows, in: bench.folder)
            theirs.append(Cost(wall: ended.wallSeconds, cpu: ended.cpuSeconds))
        }
        return figures(ours, theirs)
    }

    /// What one ingest or import took, in seconds.
    private struct Cost {
        let wall: Double
        let cpu: Double
    }

    private func ingest(_ input: String, comparedBy shell: SQLiteShell) throws -> Cost {
        let folder = try bench.folder.makeFolder("ingest")
        defer { bench.folder.remove("ingest") }
        let report = try bench.work(["work-ingest", "--input", input, "--folder", folder])
        guard report.records == bench.scale.ingestRows else {
            throw BenchmarkError("ingest took in \(report.records) of \(bench.scale.ingestRows) rows")
        }
        try shell.requireSameIndexes(as: WorkStore.database(in: folder), in: bench.folder)
        return Cost(wall: try report.value("wall"), cpu: try report.value("cpu"))
    }

    private func figures(_ ours: [Cost], _ theirs: [Cost]) -> [Figure] {
        let rows = Double(bench.scale.ingestRows)
        let (ourRate, theirRate) = (ours.map { rows / $0.wall }, theirs.map { rows / $0.wall })
        let (ourCPU, theirCPU) = (ours.map { $0.cpu / rows * 1e6 }, theirs.map { $0.cpu / rows * 1e6 })
        return [
            Figure(
                "rows/s on two threads over sqlite3 .import on one", .times, ourRate / theirRate,
                target: .atLeast(0.8)),
            Figure("CPU per row, both threads", .microseconds, ourCPU, target: .atMost(3.5)),
            Figure("CPU per row over that of sqlite3 .import", .times, ourCPU / theirCPU),
            Figure("CPU per row of sqlite3 .import", .microseconds, theirCPU),
            Figure("rows/s on two threads", .perSecond, ourRate),
            Figure("rows/s of sqlite3 .import on one", .perSecond, theirRate),
        ]
    }
}

/// The `sqlite3` command line tool.
private struct SQLiteShell {
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

    private func answer(to query: String, of database: String, in folder: WorkFolder) throws -> String {
        _ = try run([database, query], in: folder)
        return TextFile.text(of: folder.file("sqlite3.out"))
    }

    private func run(_ arguments: [String], in folder: WorkFolder) throws -> ChildProcess.Ended {
        try ChildProcess.start(
            [path] + arguments, output: folder.file("sqlite3.out"), errors: folder.file("sqlite3.log")
        ).waitForSuccess()
    }
}
