import Basics
import CPostgres
import Foundation

/// Where a PostgreSQL database is, and how it is reached: what `database` says, as libpq takes it.
struct PostgreSQLPlace: Sendable, Equatable {
    /// libpq's parameters, by name.
    private let parameters: [String: String]
    /// The file that holds the password; nil: `PGPASSFILE` and libpq's other ways, or none is wanted.
    private let passwordFile: String?

    /// Reads a URL or libpq's `name=value` form.
    ///
    /// - Parameters:
    ///   - setting: The text.
    ///   - passwordFile: The file that holds the password.
    /// - Throws: ``StoreError`` with ``StoreErrorCode/notAllowed``: it is no such text, holds a password, or asks for a
    ///   connection over a network that is not verified.
    init(_ setting: String, passwordFile: String? = nil) throws {
        guard let options = PQconninfoParse(setting, nil) else {
            throw StoreError(
                .notAllowed,
                "database is no URL of PostgreSQL: write postgresql://user@host/rollcall?sslmode=verify-full")
        }
        defer { PQconninfoFree(options) }
        var (found, option) = ([String: String](), options)
        while let keyword = option.pointee.keyword {
            if let value = option.pointee.val { found[String(cString: keyword)] = String(cString: value) }
            option += 1
        }
        guard found["password"] == nil else {
            throw StoreError(
                .notAllowed,
                "database holds a password: put it in a file of mode 0600 and name that by database_password_file or "
                    + "PGPASSFILE")
        }
        let isRemote = !(found["host"] ?? found["hostaddr"] ?? "").split(
            separator: ",", omittingEmptySubsequences: false
        )
        .allSatisfy(Self.isOnThisMachine)
        let mode = found["sslmode"] ?? (isRemote ? "verify-full" : nil)
        guard !isRemote || mode == "verify-full" else {
            throw StoreError(.notAllowed, "database must say sslmode=verify-full, since its server is another machine")
        }
        found["sslmode"] = mode
        found["target_session_attrs"] = found["target_session_attrs"] ?? "read-write"
        found["connect_timeout"] = found["connect_timeout"] ?? "5"
        found["keepalives_idle"] = found["keepalives_idle"] ?? "5"
        found["keepalives_interval"] = found["keepalives_interval"] ?? "2"
        found["keepalives_count"] = found["keepalives_count"] ?? "3"
        found["tcp_user_timeout"] = found["tcp_user_timeout"] ?? "10000"
        found["client_encoding"] = "UTF8"
        found["application_name"] = found["application_name"] ?? "rollcall"
        parameters = found
        self.passwordFile = passwordFile
    }

    /// As people are shown it: user, hosts and database.
    var displayName: String {
        let user = parameters["user"].map { "\($0)@" } ?? ""
        return "postgresql://\(user)\(parameters["host"] ?? "")/\(parameters["dbname"] ?? "")"
    }

    private static func isOnThisMachine(_ host: some StringProtocol) -> Bool {
        host.isEmpty || host.hasPrefix("/") || host.hasPrefix("@") || host == "localhost" || host.hasPrefix("127.")
            || host == "::1"
    }

    /// Makes a connection; it blocks for `connect_timeout` for each host at most.
    ///
    /// - Throws: ``PostgreSQLError``; ``StoreError`` when the password's file can't be read.
    func connect() throws -> OpaquePointer {
        var parameters = parameters
        if let passwordFile { parameters["password"] = try Self.password(passwordFile) }
        let pairs = parameters.sorted { $0.key < $1.key }
        let made = Self.withPointers(to: pairs.map(\.key)) { names in
            Self.withPointers(to: pairs.map(\.value)) { values in PQconnectdbParams(names, values, 0) }
        }
        guard let made else { throw PostgreSQLError(sqlState: nil, isLost: true) }
        guard PQstatus(made) == CONNECTION_OK else {
            let needsPassword = PQconnectionNeedsPassword(made) == 1 || PQconnectionUsedPassword(made) == 1
            PQfinish(made)
            throw PostgreSQLError(sqlState: needsPassword ? "28P01" : nil, isLost: true)
        }
        return made
    }

    /// Whether the server itself answers: PgBouncer makes up the process id that a connection is told of.
    static func isDirect(_ raw: OpaquePointer) throws -> Bool {
        guard let answer = PQexec(raw, "SELECT pg_backend_pid()") else {
            throw PostgreSQLError(sqlState: nil, isLost: true)
        }
        defer { PQclear(answer) }
        guard PQntuples(answer) == 1, let text = PQgetvalue(answer, 0, 0) else { return false }
        return Int32(String(cString: text)) == PQbackendPID(raw)
    }

    private static func password(_ path: String) throws -> String {
        let file = try StoreFile(path, O_RDONLY)
        return String(decoding: try file.read(upTo: 4_096), as: UTF8.self).trimmingCharacters(in: .newlines)
    }

    private static func withPointers<T>(
        to texts: [String], _ body: (UnsafePointer<UnsafePointer<CChar>?>?) -> T
    ) -> T {
        let copies = texts.map { strdup($0) }
        defer { copies.forEach { free($0) } }
        let pointers = copies.map { UnsafePointer($0) } + [nil]
        return pointers.withUnsafeBufferPointer { body($0.baseAddress) }
    }
}
