import Basics
import Foundation

/// The settings of one installation: `rollcall.yaml` with the environment's overrides over it.
///
/// Paths are absolute: those of the file and of the environment are relative to the file's folder.
package struct Settings: Sendable {
    /// The file the settings were read from, absolute.
    package let path: String
    /// The database's file, or the URL of PostgreSQL's.
    package var database: String
    /// The file that holds the password for PostgreSQL; nil: another way, or none.
    package var databasePasswordFile: String?
    /// Which of several runners this is, with PostgreSQL.
    package var node: Node
    /// What commits of PostgreSQL must have reached before a call leaves.
    package var databaseDurability: DatabaseDurability
    /// Whether all nodes share the folders of input and output.
    package var sharesFolders: Bool
    /// The file of the key that seals what the database holds.
    package var sealingKey: String
    /// The folder of what must not be lost or restored together with the database: the ledger's trace.
    package var keysFolder: String
    /// Where the calls go and what they are signed and encrypted with.
    package var api: API
    /// How fast and how many calls may be made.
    package var limits: Limits
    /// When a record is sent again.
    package var retry: Retry
    /// When a batch stops by itself.
    package var halt: Halt
    /// The limits above which a batch waits for confirmation.
    package var confirmAbove: ConfirmAbove
    /// The share of invalid lines above which a batch waits for confirmation; nil: `defaultMaxInvalid`.
    package var maxInvalid: Share?
    /// The share of invalid lines that applies if `max_invalid` is not given: 5%.
    package static let defaultMaxInvalid = Share(percent: 5)
    /// What calls cost; nil if nothing is known of it.
    package var pricing: Pricing?
    /// How the daemon behaves.
    package var daemon: Daemon
    /// How long what is no longer needed is kept.
    package var retention: Retention
    /// The command notified for jobs that name none; nil: none.
    package var notify: Notification?
    /// The folder of job files.
    package var jobs: String
    /// The folder below which each batch's results get a folder of their own.
    package var output: String
    /// The form of `results.csv`.
    package var outputForm: OutputForm
    /// Where the daemon answers metrics and health checks; nil: nowhere.
    package var administration: Administration?
    /// What the daemon logs, and how.
    package var log: Log
    /// One line per effective value, sorted, without secrets: hashed to distinguish settings.
    package let canonicalDescription: String

    /// What commits of a server's database must have reached.
    package enum DatabaseDurability: String, Sendable, CaseIterable {
        /// The server's own disk.
        case server
        /// A standby's, too.
        case synchronous
    }

    /// One of several runners on a database.
    package struct Node: Sendable, Equatable {
        /// Its name, which no other one has.
        package var name: String
        /// The folder of what it alone knows.
        package var folder: String
    }

    /// Whether the database is a PostgreSQL server's.
    package var isOnPostgreSQL: Bool { Self.isPostgreSQL(database) }

    /// Whether a text names a PostgreSQL database: as a URL, or by libpq's `name=value`.
    package static func isPostgreSQL(_ text: String) -> Bool {
        let parameter =
            #/^\s*(host|hostaddr|port|dbname|user|password|passfile|service|ssl\w+|target_session_attrs)\s*=/#
        return text.hasPrefix("postgresql://") || text.hasPrefix("postgres://")
            || text.firstMatch(of: parameter) != nil
    }

    /// What files of this machine that belong to the database are named after: the database's own, or one in the node's
    /// folder.
    package var databaseFiles: String { isOnPostgreSQL ? node.folder + "/node" : database }

    /// The folder of the settings file, to which paths in it and in job files are relative.
    package var folder: String { String(path[..<(path.lastIndex(of: "/") ?? path.startIndex)]) }
}

extension Settings {
    /// Every key of `rollcall.yaml`, in the order of the reference.
    package static var keys: [KeyDescription] { schema.keys }

    /// Reads the settings file and puts the environment's `ROLLCALL_…` variables over it.
    ///
    /// - Parameters:
    ///   - path: the settings file, relative to the current folder or absolute.
    ///   - environment: the process's environment; variables without the prefix are ignored.
    /// - Returns: the effective settings.
    /// - Throws: an error that names file, line, key and what would be right.
    package static func load(path: String, environment: [String: String]) throws(SettingsError) -> Settings {
        let input = try read(path)
        var flat = try FlatFile(try Entry.parse(input.text, file: path), schema: schema, file: path)
        try refuseOpenSecrets(in: flat, input: input)
        try flat.override(with: environment, schema: schema, alternatives: alternatives)
        try flat.refuseBoth(alternatives)
        try requireKeys(of: flat)
        let file = absolute(path, in: FileManager.default.currentDirectoryPath)
        let reader = ValueReader(flat, directory: String(file[..<(file.lastIndex(of: "/") ?? file.startIndex)]))
        return try Settings(file: file, reader: reader)
    }

    /// What a URL begins with, also where a path has been made of it.
    private static var urlScheme: Regex<Substring> { /(?:^|\/)[a-z][a-z0-9+.\-]*:\// }

    /// Reads the settings from values whose keys are known.
    init(file: String, reader: ValueReader) throws(SettingsError) {
        var reader = reader
        path = file
        database = try reader.value(SettingKeys.database)
        guard Self.isPostgreSQL(database) || !database.contains(Self.urlScheme) else {
            throw reader.error(
                at: SettingKeys.database.path,
                "database must be a file, or a URL that begins with postgresql://: there is no engine for another")
        }
        databasePasswordFile = try reader.optional(SettingKeys.databasePasswordFile)
        node = Node(
            name: try reader.optional(SettingKeys.nodeName) ?? ProcessInfo.processInfo.hostName,
            folder: try reader.value(SettingKeys.nodeFolder))
        databaseDurability = try reader.value(SettingKeys.databaseDurability)
        sharesFolders = try reader.value(SettingKeys.sharedFolders)
        guard !sharesFolders || Self.isPostgreSQL(database) else {
            throw reader.error(
                at: SettingKeys.sharedFolders.path,
                "shared_folders is for several runners on PostgreSQL: a database that is a file has one runner")
        }
        sealingKey = try reader.value(SettingKeys.sealingKey)
        keysFolder = try reader.value(SettingKeys.keysFolder)
        api = try API(from: &reader)
        limits = try Limits(from: &reader)
        retry = try Retry(from: &reader)
        halt = try Halt(from: &reader)
        confirmAbove = try ConfirmAbove(from: &reader)
        maxInvalid = try reader.optional(SettingKeys.maxInvalid)
        pricing = try Pricing(from: &reader)
        daemon = try Daemon(from: &reader)
        retention = try Retention(from: &reader)
        notify = try Notification(from: &reader)
        jobs = try reader.value(SettingKeys.jobs)
        output = try reader.value(SettingKeys.output)
        outputForm = try OutputForm(from: &reader)
        administration = try Administration(from: &reader)
        log = try Log(from: &reader)
        canonicalDescription = reader.description
        try reader.requirePrices(pricing)
    }

    private static func read(_ path: String) throws(SettingsError) -> InputText {
        do {
            return try InputText(path: path)
        } catch {
            throw SettingsError(
                file: path,
                "\(error.message); name the settings with --config; \(Hint.emulator(folder: "emulator")) writes some that work"
            )
        }
    }

    /// A password in the file makes the file itself a secret.
    private static func refuseOpenSecrets(in flat: FlatFile, input: InputText) throws(SettingsError) {
        guard input.isOpenToOthers else { return }
        for path in SettingKeys.passwords.map(\.path) {
            guard let scalar = flat.scalars[path] else { continue }
            throw SettingsError(
                file: flat.file, line: scalar.place.line, key: path,
                "\(path) stands in a file that others can read: chmod 600 it, or use \(path)_file")
        }
    }

    private static func requireKeys(of flat: FlatFile) throws(SettingsError) {
        var missing = SettingKeys.required.filter { !flat.has($0) }
        if flat.scalars["api.base_url"] == nil {
            let parts = ["api.region", "api.environment"].filter { flat.scalars[$0] == nil }
            missing.insert(contentsOf: parts.count == 2 ? ["api.base_url"] : parts, at: 0)
        }
        guard let first = missing.first else { return }
        let names = missing.joined(separator: ", ")
        throw SettingsError(
            file: flat.file, key: first,
            "\(missing.count == 1 ? "a required key is" : "required keys are") missing: \(names)")
    }
}

/// What is wrong with a settings or job file, or with an environment variable that overrides one of its keys.
///
/// The text names the file, the line and the key and says what would be right; it never holds the value,
/// which may be a password.
package struct SettingsError: Error, Sendable, Equatable {
    /// The file as it was named by the caller, or `environment`.
    package let file: String
    /// The line, counted from 1; nil if the error belongs to no single line.
    package let line: Int?
    /// The column, counted from 1 in Unicode scalars; nil if it says nothing more than the line.
    package let column: Int?
    /// The dotted key (`limits.rate`) or the environment variable; nil if the whole file is meant.
    package let key: String?
    /// What is wrong and what to do, as a sentence without its place.
    package let message: String
    /// The right key or variable nearest to an unknown one.
    package let nearest: String?

    init(
        file: String, line: Int? = nil, column: Int? = nil, key: String? = nil, _ message: String,
        nearest: String? = nil
    ) {
        self.file = file
        self.line = line
        self.column = column
        self.key = key
        self.message = message
        self.nearest = nearest
    }
}

extension SettingsError: CustomStringConvertible {
    /// The place and the sentence: `rollcall.yaml, line 12: limits.rate must be a number above 0`.
    package var description: String {
        guard let line else { return "\(file): \(message)" }
        guard let column else { return "\(file), line \(line): \(message)" }
        return "\(file), line \(line), column \(column): \(message)"
    }
}
