import Basics
import CPostgres
import Foundation
import Glibc

/// Where a PostgreSQL database is, and how it is reached: what `database` says, as libpq takes it.
struct PostgreSQLPlace: Sendable, Equatable {
    /// libpq's parameters, by name.
    private var parameters: [String: String]
    /// The file that holds the password; nil: `PGPASSFILE` and libpq's other ways, or none is wanted.
    private let passwordFile: String?

    /// Reads a URL or libpq's `name=value` form.
    ///
    /// - Parameters:
    ///   - setting: The text.
    ///   - passwordFile: The file that holds the password.
    ///   - environment: The process's, where it may name the host.
    /// - Throws: ``StoreError`` with ``StoreErrorCode/settings``: it is no such text, holds a password, or asks for a
    ///   connection over a network that is not verified.
    init(
        _ setting: String, passwordFile: String? = nil,
        environment: [String: String] = ProcessInfo.processInfo.environment
    ) throws {
        guard var found = Self.options(of: setting) else {
            throw StoreError(
                .settings, "database is no URL of PostgreSQL: write postgresql://user@host/rollcall?sslmode=verify-full"
            )
        }
        guard found["password"] == nil, found["sslpassword"] == nil else {
            throw StoreError(
                .settings,
                "database holds a password: put it in a file of mode 0600 and name that by database_password_file or "
                    + "PGPASSFILE")
        }
        guard found["service"] == nil, environment["PGSERVICE"] == nil else {
            throw StoreError(
                .settings,
                "database must say itself where its server is: name no service of libpq's there, nor in PGSERVICE")
        }
        // What libpq would take from the environment is subject to the same rules.
        found["host"] = found["host"] ?? environment["PGHOST"]
        found["hostaddr"] = found["hostaddr"] ?? environment["PGHOSTADDR"]
        // Each host is reached by itself, with its own port.
        found["port"] = found["port"] ?? environment["PGPORT"]
        let isRemote = !Self.isOnThisMachine(found)
        let mode = found["sslmode"] ?? (isRemote ? "verify-full" : nil)
        guard !isRemote || mode == "verify-full" else {
            throw StoreError(.settings, "database must say sslmode=verify-full, since its server is another machine")
        }
        found["sslmode"] = mode
        let defaults = [
            "target_session_attrs": "read-write", "connect_timeout": "5", "keepalives_idle": "5",
            "keepalives_interval": "2", "keepalives_count": "3",
            "tcp_user_timeout": "\(Self.usualSilence)",
            "application_name": "rollcall",
        ]
        found.merge(defaults) { given, _ in given }
        found["client_encoding"] = "UTF8"
        parameters = found
        self.passwordFile = passwordFile
    }

    /// What a text says, by name; nil where it is none of libpq's.
    private static func options(of setting: String) -> [String: String]? {
        guard let options = PQconninfoParse(setting, nil) else { return nil }
        defer { PQconninfoFree(options) }
        var (found, option) = ([String: String](), options)
        while let keyword = option.pointee.keyword {
            if let value = option.pointee.val { found[String(cString: keyword)] = String(cString: value) }
            option += 1
        }
        return found
    }

    /// How long a server may say nothing before it is asked by another connection whether it answers at all: as long as what
    /// is sent may stay without an acknowledgement.
    var silence: Duration {
        let given = parameters["tcp_user_timeout"].flatMap { Int64($0) } ?? 0
        return .milliseconds(given > 0 ? given : Self.usualSilence)
    }

    /// In milliseconds, as libpq's `tcp_user_timeout` is: where the address says nothing, ten seconds tell a server
    /// that is gone from one that is slow, well within a node's lease.
    private static let usualSilence: Int64 = 10_000

    /// How many hosts it names.
    var hostCount: Int { (parameters["host"] ?? parameters["hostaddr"] ?? "").split(separator: ",").count }

    /// Its hosts one by one, in their order, without libpq's own choice between them, and of a name each of its addresses; where
    /// the setting asks libpq for another choice than of one that takes writes: as it is.
    private var candidates: [PostgreSQLPlace] {
        guard ["read-write", "primary"].contains(parameters["target_session_attrs"]) else { return [self] }
        let lists = ["host", "hostaddr", "port"].reduce(into: [:]) { lists, name in
            lists[name] = parameters[name]?.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
        }
        return (0..<max(1, hostCount)).flatMap { place in
            var candidate = self
            candidate.parameters["target_session_attrs"] = "any"
            // One port is that of all hosts.
            for (name, values) in lists where values.count > 1 {
                candidate.parameters[name] = values.indices.contains(place) ? values[place] : nil
            }
            return candidate.byAddress
        }
    }

    /// One for each address of its host's name.
    private var byAddress: [PostgreSQLPlace] {
        guard parameters["hostaddr"] == nil, let host = parameters["host"],
            // A path is that of a socket.
            let first = host.first, first != "/", first != "@"
        else { return [self] }
        let addresses = Self.addresses(of: host)
        // Why a name has none, libpq says.
        guard !addresses.isEmpty else { return [self] }
        return addresses.map { address in
            var place = self
            place.parameters["hostaddr"] = address
            return place
        }
    }

    /// The addresses of a name, in the system's order; none where it is unknown. It blocks.
    private static func addresses(of name: String) -> [String] {
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var found: UnsafeMutablePointer<addrinfo>?
        guard getaddrinfo(name, nil, &hints, &found) == 0, let first = found else { return [] }
        defer { freeaddrinfo(first) }
        return sequence(first: first, next: { $0.pointee.ai_next }).compactMap { entry in
            var text = [CChar](repeating: 0, count: Int(NI_MAXHOST))
            guard
                getnameinfo(
                    entry.pointee.ai_addr, entry.pointee.ai_addrlen, &text, socklen_t(text.count), nil, 0,
                    NI_NUMERICHOST)
                    == 0
            else { return nil }
            return String(decoding: text.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
        }
    }

    /// Makes a connection to the first of its hosts that takes writes, and that no other has replaced. Each is asked itself:
    /// PgBouncer goes on telling libpq what was true of a server when it first reached that, a primary or a standby.
    ///
    /// - Parameter newest: The server that the process has written to last; nil: none yet.
    /// - Returns: The connection, and what it leads to.
    /// - Throws: ``PostgreSQLError``, lost: no host takes writes now, or none but an earlier server than the newest;
    ///   ``StoreError`` when the password's file can't be read.
    func connectToPrimary(newest: ServerIdentity? = nil) throws -> (connection: OpaquePointer, peer: PostgreSQLPeer) {
        var failure = PostgreSQLError(sqlState: nil, isLost: true)
        for candidate in candidates {
            do {
                let (made, peer) = try candidate.connectAndAsk()
                guard let successor = peer.server.successor(newest) else { return (made, peer) }
                PQfinish(made)
                failure = .replaced(by: successor)
            } catch let error as PostgreSQLError {
                // What a server says tells more than that another does not answer.
                if failure.sqlState == nil, failure.successor == nil { failure = error }
            }
        }
        throw failure
    }

    private func connectAndAsk() throws -> (connection: OpaquePointer, peer: PostgreSQLPeer) {
        let made = try connect()
        do {
            let peer = try PostgreSQLPeer(of: made, silence: silence)
            guard peer.takesWrites else { throw PostgreSQLError.standby }
            return (made, peer)
        } catch {
            PQfinish(made)
            throw error
        }
    }

    /// PgBouncer's own database, where it tells of itself.
    func console() -> PostgreSQLPlace {
        var place = self
        (place.parameters["dbname"], place.parameters["target_session_attrs"]) = ("pgbouncer", "any")
        return place
    }

    /// As people are shown it: user, hosts and database.
    var displayName: String {
        let user = parameters["user"].map { "\($0)@" } ?? ""
        return "postgresql://\(user)\(parameters["host"] ?? "")/\(parameters["dbname"] ?? "")"
    }

    /// Of a host with an address, libpq goes to the address.
    private static func isOnThisMachine(_ parameters: [String: String]) -> Bool {
        [parameters["host"], parameters["hostaddr"]].compactMap(\.self).allSatisfy { hosts in
            hosts.split(separator: ",", omittingEmptySubsequences: false).allSatisfy(Self.isOnThisMachine)
        }
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

    private static func password(_ path: String) throws -> String {
        guard FileManager.default.fileExists(atPath: path) else {
            throw StoreError(.settings, "The file \(path) is missing: correct database_password_file")
        }
        let file = try StoreFile(path, O_RDONLY)
        guard try file.permissions() & 0o077 == 0 else {
            throw StoreError(
                .settings, "\(path), which holds the database's password, can be read by others; run chmod 600 on it")
        }
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
