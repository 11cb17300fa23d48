import Basics
import CPostgres
import Foundation

/// A PostgreSQL server of the tests' own: Debian's postgresql-15 in a temporary folder, reached by a socket, without TCP.
///
/// It is started when it is first asked for and stops when this process ends, however it ends: a shell holds it that waits
/// for the end of its input.
package final class PostgreSQLServer: Sendable {
    /// The server of this process.
    package static let shared = Result { try PostgreSQLServer() }

    /// The folder of its socket.
    package let folder: String
    private let shell: HeldShell
    private let count = Counter()
    private let templates = Lock<[String: String]>([:])
    /// Where databases are made.
    private let tablespace: String

    /// Why there is no server.
    package struct Failure: Error, CustomStringConvertible {
        /// What to do about it.
        package let description: String
    }

    private final class Counter: @unchecked Sendable {
        private let lock = NSLock()
        private var value = 0

        func next() -> Int {
            lock.lock()
            defer { lock.unlock() }
            value += 1
            return value
        }
    }

    /// Debian's, unless another one is installed and named.
    package static let version = ProcessInfo.processInfo.environment["POSTGRESQL_VERSION"] ?? "15"
    static let binaries = "/usr/lib/postgresql/\(version)/bin"
    /// Files are copied, not written to the log page by page: half the time. Version 14 always does so.
    private static let quickly = version == "14" ? "" : "STRATEGY FILE_COPY"

    /// initdb refuses to run as root. What makes a disk slow makes no difference to a test.
    private static let script = """
        set -e
        folder=$(mktemp -d /tmp/rcXXXXXX)
        chmod 755 "$folder"
        as=
        if [ "$(id -u)" = 0 ]; then chown postgres "$folder"; as='runuser -u postgres --'; fi
        cd /
        trap '$as \(binaries)/pg_ctl -D "$folder/d" -m immediate stop >/dev/null 2>&1 || true; rm -rf "$folder"' EXIT
        trap '' INT TERM HUP
        $as \(binaries)/initdb -D "$folder/d" -U rollcall -A trust --no-locale -E UTF8 --no-sync >/dev/null
        $as \(binaries)/pg_ctl -D "$folder/d" -w -l "$folder/log" -o "-k $folder -c listen_addresses='' -c fsync=off \
        -c max_connections=400 -c shared_buffers=64MB -c full_page_writes=off" start >/dev/null
        echo "$folder"
        cat >/dev/null
        """

    /// The same, with a file system that holds the databases' tables alone, mounted where only the server sees it.
    private static let scriptWithSmallDisk = """
        exec unshare -m sh -c 'mkdir -p /tmp/rollcall-small
        mount -t tmpfs -o "size=$2m" none /tmp/rollcall-small
        mkdir /tmp/rollcall-small/tables
        chown postgres /tmp/rollcall-small /tmp/rollcall-small/tables
        eval "$1"' sh "$1" "$2"
        """
    private static let ballast = "/tmp/rollcall-small/ballast"

    /// A server of a test's own, where the one that all share will not do.
    ///
    /// - Parameter megabytes: How large the disk is that holds its databases' tables, for which root is needed; nil: as large
    ///   as the machine's.
    /// - Throws: ``Failure`` when it does not start.
    package init(megabytes: Int? = nil) throws {
        shell =
            if let megabytes {
                try HeldShell(Self.scriptWithSmallDisk, [Self.script, "\(megabytes)"])
            } else { try HeldShell(Self.script) }
        folder = shell.line
        tablespace = megabytes == nil ? "" : " TABLESPACE small"
        guard !folder.isEmpty else {
            throw Failure(description: "PostgreSQL does not start: install postgresql-15, as make test does")
        }
        if megabytes != nil {
            try run("CREATE TABLESPACE small LOCATION '/tmp/rollcall-small/tables'", in: "postgres")
        }
    }

    /// Takes all room on the disk that holds the tables.
    package func fillUp() throws {
        let blocks = "SELECT repeat('x', 65536) FROM generate_series(1, 16384)"
        guard (try? run("COPY (\(blocks)) TO '\(Self.ballast)'", in: "postgres")) == nil else {
            throw Failure(description: "the disk is larger than a gigabyte")
        }
    }

    /// Gives the room back.
    package func makeRoom() throws { try run("COPY (SELECT 1) TO '\(Self.ballast)'", in: "postgres") }

    /// Lets it take writes of all, or of nobody and end all connections, as one that Patroni has made a standby.
    package func takeWrites(_ takes: Bool) throws {
        try run("ALTER SYSTEM SET default_transaction_read_only = \(!takes)", in: "postgres")
        try run("SELECT pg_reload_conf()", in: "postgres")
        guard !takes else { return }
        let others = "backend_type = 'client backend' AND pid <> pg_backend_pid()"
        try run("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE \(others)", in: "postgres")
    }

    /// Ends it; the one that is shared ends with the process.
    package func stop() { shell.end() }

    /// Makes an empty database.
    ///
    /// - Returns: Its name.
    package func makeDatabase() throws -> String {
        let name = "t\(count.next())"
        try run("CREATE DATABASE \(name) \(Self.quickly)\(tablespace)", in: "postgres")
        return name
    }

    /// Makes a database that holds what a script makes; the server runs it once, and copies what came of it.
    ///
    /// - Returns: Its name.
    package func makeDatabase(with script: String) throws -> String {
        let template = try templates.withLock { templates in
            if let made = templates[script] { return made }
            let made = try makeDatabase()
            try run("BEGIN; \(script) COMMIT", in: made)
            templates[script] = made
            return made
        }
        let name = "t\(count.next())"
        try run("CREATE DATABASE \(name) TEMPLATE \(template) \(Self.quickly)\(tablespace)", in: "postgres")
        return name
    }

    /// Makes a user that the server asks for a password.
    package func makeUser(_ name: String, password: String) throws {
        try run("CREATE ROLE \(name) LOGIN PASSWORD '\(password)'", in: "postgres")
        let rules = URL(filePath: folder + "/d/pg_hba.conf")
        let rule = Data("local all \(name) scram-sha-256\n".utf8)
        try (rule + Data(contentsOf: rules)).write(to: rules)
        try run("SELECT pg_reload_conf()", in: "postgres")
    }

    /// Removes a database, whoever uses it.
    package func remove(_ name: String) throws {
        try run("DROP DATABASE IF EXISTS \(name) WITH (FORCE)", in: "postgres")
    }

    /// What `database` says of one.
    ///
    /// - Parameters:
    ///   - name: The database's name.
    ///   - socket: The folder of the socket that leads there; nil: the server's own.
    /// - Returns: The URL.
    package func url(_ name: String, at socket: String? = nil) -> String {
        "postgresql:///\(name)?host=\(socket ?? folder)&user=rollcall"
    }

    /// Runs statements.
    ///
    /// - Returns: The last one's rows, a line each, with a bar between two values.
    @discardableResult
    package func run(_ sql: String, in database: String) throws -> [String] {
        try Self.run(sql, in: database, at: folder)
    }

    /// Runs a statement in a transaction that stays open.
    package func hold(_ sql: String, in database: String) throws -> HeldTransaction {
        try HeldTransaction(sql, "host=\(folder) user=rollcall dbname=\(database)")
    }

    /// A transaction that is open until it is ended.
    package final class HeldTransaction {
        private let connection: OpaquePointer?

        fileprivate init(_ sql: String, _ place: String) throws {
            connection = PQconnectdb(place)
            let result = PQexec(connection, "BEGIN; \(sql)")
            defer { PQclear(result) }
            guard PQresultStatus(result) == PGRES_COMMAND_OK else { throw Failure(description: "refused: \(sql)") }
        }

        /// Undoes it.
        package func end() { PQfinish(connection) }

        /// Commits it.
        package func commit() throws {
            let result = PQexec(connection, "COMMIT")
            defer {
                PQclear(result)
                PQfinish(connection)
            }
            guard PQresultStatus(result) == PGRES_COMMAND_OK else { throw Failure(description: "COMMIT is refused") }
        }
    }

    /// The same at any server, by the folder of its socket.
    static func run(_ sql: String, in database: String, at folder: String) throws -> [String] {
        let connection = PQconnectdb("host=\(folder) user=rollcall dbname=\(database)")
        defer { PQfinish(connection) }
        guard PQstatus(connection) == CONNECTION_OK, let result = PQexec(connection, sql) else {
            throw Failure(description: "not reached: \(sql)")
        }
        defer { PQclear(result) }
        guard [PGRES_COMMAND_OK, PGRES_TUPLES_OK].contains(PQresultStatus(result)) else {
            throw Failure(description: "refused: \(sql)")
        }
        return (0..<PQntuples(result)).map { row in
            (0..<PQnfields(result)).map { column in
                PQgetvalue(result, row, column).map { String(cString: $0) } ?? ""
            }.joined(separator: "|")
        }
    }
}
