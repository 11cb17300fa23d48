extension Settings {
    /// The command that is run when something happens to a batch, a schedule or the daemon.
    package struct Notification: Sendable, Equatable {
        /// The program and its arguments; a program given with a `/` is absolute, else it is looked up in `PATH`.
        package var command: [String]
        /// The events it is run for.
        package var events: Set<Event>

        /// A command with its arguments, and the events it is run for.
        package init(command: [String], events: Set<Event>) { (self.command, self.events) = (command, events) }

        /// The events a command can be run for.
        package enum Event: String, Sendable, CaseIterable {
            /// A batch is done.
            case completed
            /// A batch stopped by itself.
            case halted
            /// A schedule was due while nothing could start it.
            case missed
            /// A batch was paused, for example by an operator or a cap.
            case paused
            /// A batch waits for confirmation before its first call.
            case awaitingConfirmation = "awaiting_confirmation"
            /// A file was not taken in.
            case rejected
            /// The daemon ended by itself, because state can no longer be recorded.
            case failed
            /// The database was restored from an earlier copy: calls are missing in it.
            case restored
            /// Calls wait, because the disk that holds the database is full.
            case diskFull = "disk_full"
            /// There is space again, and calls continue.
            case diskFreed = "disk_freed"
            /// A key ends soon, or has ended.
            case keyEnds = "key_ends"
            /// Something is older than its retention allows and could not be erased.
            case notPurged = "not_purged"
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
            let parts = ValueReader(flat, directory: reader.directory)
            guard let command = parts.structure(Self.command.path) else { throw Self.wrong(entry, reader: reader) }
            self.init(command: try Self.command(command, reader: reader), events: try Self.events(parts))
        } else {
            self.init(command: try Self.command(entry, reader: reader), events: Set(Event.allCases))
        }
        // Arguments may hold an address with a token.
        reader.note("given", at: SettingKeys.notify.path)
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
    private static let on = KeyDescription(
        path: "on", expectation: "an event or a list of them", fallback: nil,
        about: "the events it is run for; absent: all", form: .structure)
    private static let schema = Schema([command, on])
}
