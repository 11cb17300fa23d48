import Foundation
import Glibc

/// A PostgreSQL server of the benchmarks' own, of Debian's postgresql-15, reached by a socket, with what makes commits last
/// left on: a record's cost is that of the disk, too.
struct RunningPostgreSQL: ~Copyable {
    private let process: ChildProcess
    private let bench: Bench
    /// The folder of its socket, short enough for a socket's path, and where its user may go.
    let folder: String

    private static let binaries = "/usr/lib/postgresql/15/bin"
    private static let patience = Duration.seconds(60)
    /// PostgreSQL refuses to run as root.
    private static let asUser = """
        as=; if [ "$(id -u)" = 0 ]; then as='setpriv --reuid=postgres --regid=postgres --clear-groups'; fi; cd /
        """

    /// Makes a cluster and starts it, with further options of `postgres`; returns when it takes connections.
    ///
    /// - Throws: `BenchmarkError` when there is no PostgreSQL here, or it does not start.
    static func start(_ bench: Bench, options: String = "") throws -> RunningPostgreSQL {
        guard FileManager.default.isExecutableFile(atPath: "\(binaries)/initdb") else {
            throw BenchmarkError("PostgreSQL is not there: install postgresql-15")
        }
        var template = Array("/tmp/rcbXXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw BenchmarkError("/tmp: no folder can be made here") }
        let folder = String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
        let log = bench.folder.file("postgresql.log")
        let making = """
            set -e; \(asUser); chmod 755 "$1"; if [ -n "$as" ]; then chown postgres "$1"; fi
            exec $as \(binaries)/initdb -D "$1/d" -U rollcall -A trust --no-locale -E UTF8
            """
        _ = try ChildProcess.start(["/bin/sh", "-c", making, "sh", folder], output: "/dev/null", errors: log)
            .waitForSuccess()
        let serving = """
            \(asUser)
            exec $as \(binaries)/postgres -D "$1/d" -k "$1" -c listen_addresses= -c shared_buffers=256MB -c max_wal_size=4GB \(options)
            """
        let process = try ChildProcess.start(
            ["/bin/sh", "-c", serving, "sh", folder], output: "/dev/null", errors: log)
        let server = RunningPostgreSQL(process: process, bench: bench, folder: folder)
        let deadline = ContinuousClock.now + patience
        while (try? server.run("SELECT 1", in: "postgres")) == nil {
            try Interruption.check()
            guard ContinuousClock.now < deadline else {
                throw BenchmarkError("PostgreSQL does not start: \(TextFile.end(of: log))")
            }
            Thread.sleep(forTimeInterval: 0.1)
        }
        return server
    }

    private init(process: consuming ChildProcess, bench: Bench, folder: String) {
        self.process = process
        self.bench = bench
        self.folder = folder
    }

    deinit {
        process.kill()
        try? FileManager.default.removeItem(atPath: folder)
    }

    /// Makes an empty database, and says what its URL is.
    func makeDatabase(_ name: String) throws -> String {
        try run("CREATE DATABASE \(name)", in: "postgres")
        return "postgresql:///\(name)?host=\(folder)&user=rollcall"
    }

    /// How large a database is on disk.
    func mebibytes(of database: String) throws -> Double {
        let output = bench.folder.file("size")
        _ = try ChildProcess.start(
            psql("SELECT pg_database_size(current_database())", database), output: output,
            errors: bench.folder.file("psql.log")
        ).waitForSuccess()
        guard let bytes = Double(TextFile.text(of: output).trimmingCharacters(in: .whitespacesAndNewlines)) else {
            throw BenchmarkError("PostgreSQL does not say how large \(database) is")
        }
        return bytes / Double(1 << 20)
    }

    /// Runs statements.
    func run(_ sql: String, in database: String) throws {
        _ = try ChildProcess.start(
            psql(sql, database), output: "/dev/null", errors: bench.folder.file("psql.log")
        ).waitForSuccess()
    }

    /// Does something beside a transaction that began before it and stays open until it is done.
    func withOldTransaction<Value>(in database: String, _ body: () throws -> Value) throws -> Value {
        let old = try ChildProcess.start(
            psql("SELECT pg_current_xact_id(), pg_sleep(86400)", database), output: "/dev/null",
            errors: bench.folder.file("held.log"))
        let ofOld = "FROM pg_stat_activity WHERE query LIKE '%, pg_sleep%' AND backend_xid IS NOT NULL"
        let deadline = ContinuousClock.now + Self.patience
        // It is there once it has a number: what divides by zero fails.
        while (try? run("SELECT 1 / count(*) \(ofOld)", in: "postgres")) == nil {
            try Interruption.check()
            guard ContinuousClock.now < deadline else { throw BenchmarkError("no old transaction could be begun") }
            Thread.sleep(forTimeInterval: 0.1)
        }
        let value = try body()
        // A server that sleeps does not notice that its client is gone.
        try run("SELECT 1 / count(pg_terminate_backend(pid)) \(ofOld)", in: "postgres")
        _ = try old.wait()
        return value
    }

    private func psql(_ sql: String, _ database: String) -> [String] {
        [
            "\(Self.binaries)/psql", "-qAt", "-v", "ON_ERROR_STOP=1", "-h", folder, "-U", "rollcall", "-d", database,
            "-c", sql,
        ]
    }
}
