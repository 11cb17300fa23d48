extension Settings {
    /// Who is told when something happens to a batch, a schedule or the daemon, and of what.
    package struct Notification: Sendable, Equatable {
        /// The way it goes.
        package enum Target: Sendable, Hashable {
            /// A program and its arguments; a program given with a `/` is absolute, else it is looked up in `PATH`.
            case command([String])
            /// An https address to which the event is posted, signed with what the private file holds.
            case webhook(url: String, secretFile: String?)
            /// An address to which this machine's sendmail brings it.
            case email(String)
        }

        /// The way it goes.
        package var target: Target
        /// The events that are told.
        package var events: Set<Event>
        /// How long the gate is closed before that is told.
        package var after: Duration

        /// How long that is where the settings say nothing.
        package static let defaultAfter = Duration.seconds(600)

        /// The command, where it goes to one.
        package var command: [String]? { if case .command(let command) = target { command } else { nil } }

        /// A command with its arguments, and the events it is run for.
        package init(command: [String], events: Set<Event>) { self.init(.command(command), events: events) }

        /// Any way, and the events that go it.
        package init(_ target: Target, events: Set<Event>, after: Duration = Self.defaultAfter) {
            (self.target, self.events, self.after) = (target, events, after)
        }

        /// The events that can be told.
        package enum Event: String, Sendable, CaseIterable {
            /// A batch is done.
            case completed
            /// A batch stopped by itself.
            case halted
            /// A schedule was due while nothing could start it.
            case missed
            /// A batch was paused, for example by an operator.
            case paused
            /// A batch was paused by a cap, and continues when that resets.
            case capReached = "cap_reached"
            /// A batch is over and has records in doubt, which may have been billed and wait for a decision.
            case inDoubt = "in_doubt"
            /// A batch waits for confirmation before its first call.
            case awaitingConfirmation = "awaiting_confirmation"
            /// A file was not taken in.
            case rejected
            /// A job was due, and there was no file for it.
            case noFile = "no_file"
            /// No calls are made for longer than `notify.after`, as the API cannot be reached or asked for none.
            case gateClosed = "gate_closed"
            /// Calls are made again, after that was told.
            case gateOpened = "gate_opened"
            /// Settings, jobs or keys were to be read again and are wrong; the former ones stay.
            case reloadFailed = "reload_failed"
            /// The daemon ended by itself, because state can no longer be recorded.
            case failed
            /// The database was restored from an earlier copy: calls are missing in it.
            case restored
            /// The disk that holds the database has little room left.
            case diskLow = "disk_low"
            /// Calls wait, because the disk that holds the database is full.
            case diskFull = "disk_full"
            /// There is space again, and calls continue.
            case diskFreed = "disk_freed"
            /// A key ends soon, or has ended.
            case keyEnds = "key_ends"
            /// Something is older than its retention allows and could not be erased.
            case notPurged = "not_purged"
            /// A test of the way, by `rollcall notify test`.
            case test
        }
    }
}

extension Settings.Notification {
    /// Reads `notify`; what is absent comes from `inherited`.
    init?(from reader: inout ValueReader, over inherited: Self? = nil) throws(SettingsError) {
        guard let entry = reader.structure(SettingKeys.notify.path) else {
            guard let inherited else { return nil }
            self = inherited
            return
        }
        if case .mapping = entry.content {
            let flat = try FlatFile(entry, schema: Self.schema, file: reader.file)
            var parts = ValueReader(flat, directory: reader.directory)
            let target = try Self.target(&parts, entry, reader: reader)
            self.init(target, events: try Self.events(parts), after: try parts.value(Self.after))
        } else {
            self.init(command: try Self.command(entry, reader: reader), events: Set(Event.allCases))
        }
        // Arguments and addresses may hold a token.
        reader.note("given", at: SettingKeys.notify.path)
    }

    /// Exactly one of the ways.
    private static func target(
        _ parts: inout ValueReader, _ entry: Entry, reader: ValueReader
    ) throws(SettingsError) -> Target {
        let command = try parts.structure(Self.command.path).map { (entry) throws(SettingsError) in
            Target.command(try Self.command(entry, reader: reader))
        }
        let secret = try parts.optional(Self.secretFile)
        let webhook = try parts.optional(Self.url).map { Target.webhook(url: $0, secretFile: secret) }
        let email = try parts.optional(Self.email).map(Target.email)
        let given = [command, webhook, email].compactMap(\.self)
        guard given.count == 1, secret == nil || webhook != nil else { throw wrong(entry, reader: reader) }
        return given[0]
    }

    /// No shell reads a text, so what only a shell understands is refused.
    private static func command(_ entry: Entry, reader: ValueReader) throws(SettingsError) -> [String] {
        var words: [String]
        if case .scalar(let text) = entry.content {
            guard !text.contains(where: { shellCharacters.contains($0) }) else {
                throw SettingsError(
                    file: reader.file, line: entry.line, key: SettingKeys.notify.path,
                    "notify is not read by a shell: give a list of words, such as [sh, -c, \"…\"]")
            }
            words = text.split(separator: " ").map(String.init)
        } else {
            words = try reader.words(entry, or: wrong(entry, reader: reader))
        }
        guard let program = words.first else { throw wrong(entry, reader: reader) }
        if program.contains("/") { words[0] = absolute(program, in: reader.directory) }
        return words
    }

    private static func events(_ parts: ValueReader) throws(SettingsError) -> Set<Event> {
        guard let entry = parts.structure(on.path) else { return Set(Event.allCases) }
        return Set(try parts.choices(entry, at: "\(SettingKeys.notify.path).\(on.path)"))
    }

    private static func wrong(_ entry: Entry, reader: ValueReader) -> SettingsError {
        reader.wrong(SettingKeys.notify.path, entry.line, SettingKeys.notify.expectation)
    }

    private static let shellCharacters: Set<Character> = Set("|&;<>()$`\\\"'*?[]#~{}\n\t")
    private static let command = KeyDescription(
        path: "command", expectation: "a program, or a list of a program and its arguments", fallback: nil,
        about: "the program and its arguments", form: .structure)
    private static let url = SettingKey("webhook.url", .httpsURL, "where the event is posted")
    private static let secretFile = SettingKey(
        "webhook.secret_file", .path, "a private file with the secret that signs what is posted")
    private static let email = SettingKey("email", .emailAddress, "where this machine's sendmail brings it")
    private static let on = KeyDescription(
        path: "on", expectation: "an event or a list of them", fallback: nil,
        about: "the events that are told; absent: all", form: .structure)
    private static let after = SettingKey(
        "after", .duration(.seconds(0)...(.seconds(86_400)), "at most 1d"), default: "10m",
        "how long no calls are made before gate_closed is told")
    /// The keys of the table, for the reference. None of them can come from the environment.
    static let keys = schema.keys.map { key in
        let events = key.path == on.path ? ": " + Event.allCases.map(\.rawValue).joined(separator: ", ") : ""
        return KeyDescription(
            path: "\(SettingKeys.notify.path).\(key.path)", expectation: key.expectation, fallback: key.fallback,
            about: key.about + events, form: .structure)
    }

    private static let schema = Schema(
        [command, url.description, secretFile.description, email.description, on, after.description])
}

extension ValueFormat<String> {
    /// An address as sendmail takes it as an argument: one that begins with a hyphen would be an option.
    static let emailAddress = ValueFormat(expectation: "an address such as ops@example.com") { text, _ in
        let parts = text.split(separator: "@", omittingEmptySubsequences: false)
        let isPlain = text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && !"\"<>(),;:\\[]".utf8.contains($0) }
        return parts.count == 2 && parts.allSatisfy { !$0.isEmpty } && isPlain && !text.hasPrefix("-") ? text : nil
    }
}
