/// A command line that a message tells a person to run.
///
/// It works as it is printed, in any folder: every word is quoted for a shell, and the settings file is named where one
/// was named to this process (``config``). Messages hold no command line that is not one of these.
public enum Hint: Sendable, Equatable {
    /// Runs files, or goes on with the batches they have begun.
    case run(files: [String], job: String? = nil, again: Bool = false)
    /// Runs the daemon.
    case daemon
    /// Hands a file over to the daemon.
    case submit(file: String, job: String? = nil, again: Bool = false)
    /// Shows all batches, or one.
    case status(batch: String? = nil)
    /// Lists a batch's records of one status.
    case records(batch: String, status: String)
    /// Sends a batch's failed records again, or those of a status, where they begin at some lines (`A-B`); `agreed` to what
    /// that may cost.
    case rerun(batch: String, status: String? = nil, lines: String? = nil, agreed: Bool = false)
    /// Agrees to what a waiting batch costs.
    case start(batch: String)
    /// Goes on with a paused or halted batch.
    case resume(batch: String)
    /// Lets batches go that wait since a restore.
    case resumeAfterRestore
    /// Gives up what has not been sent of a batch.
    case cancel(batch: String)
    /// Decides what becomes of a record in doubt, or of all; `agreed` to what that may cost.
    case resolve(batch: String, line: Int? = nil, decision: String, agreed: Bool = false)
    /// Prints a batch's results.
    case export(batch: String)
    /// Checks everything from the settings to the connection.
    case doctor
    /// Lists the jobs.
    case jobsList
    /// Starts the emulator on its folder of keys and settings.
    case emulator(listen: String? = nil, folder: String)
    /// Prints the fingerprints of a key file.
    case keysFingerprint(file: String)
    /// Says how a command is used, where a message cannot know what to name.
    case help([String])

    /// The settings file that was named to this process, absolute; nil: it was found as `rollcall.yaml` where the command
    /// runs, and the next command will find it likewise.
    @TaskLocal public static var config: String?
}

extension Hint: CustomStringConvertible {
    /// The command line as one line for a POSIX shell.
    public var commandLine: String {
        let settings = takesSettings ? Hint.config.map { ["--config", $0] } ?? [] : []
        return (["rollcall"] + words + settings).map(ShellQuoting.word).joined(separator: " ")
    }

    /// The command line between quotation marks, as it stands in a sentence.
    public var description: String { "'\(commandLine)'" }

    private var words: [String] {
        switch self {
        case .run(let files, let job, let again): ["run"] + files.map(Self.file) + Self.options(job, again)
        case .daemon: ["daemon"]
        case .submit(let file, let job, let again): ["submit", Self.file(file)] + Self.options(job, again)
        case .status(let batch): ["status"] + (batch.map { [$0] } ?? [])
        case .records(let batch, let status): ["records", batch, "--status", status]
        case .rerun(let batch, let status, let lines, let agreed):
            ["rerun", batch] + (status.map { ["--status", $0] } ?? []) + (lines.map { ["--lines", $0] } ?? [])
                + (agreed ? ["--yes"] : [])
        case .start(let batch): ["start", batch]
        case .resume(let batch): ["resume", batch]
        case .resumeAfterRestore: ["resume", "--after-restore"]
        case .cancel(let batch): ["cancel", batch]
        case .resolve(let batch, let line, let decision, let agreed):
            ["resolve", batch] + (line.map { ["--line", String($0)] } ?? ["--status", "in_doubt"])
                + ["--as", decision]
                + (agreed ? ["--yes"] : [])
        case .export(let batch): ["export", batch]
        case .doctor: ["doctor"]
        case .jobsList: ["jobs", "list"]
        case .emulator(let listen, let folder):
            ["emulator"] + (listen.map { ["--listen", $0] } ?? []) + ["--dir", folder]
        case .keysFingerprint(let file): ["keys", "fingerprint", Self.file(file)]
        case .help(let command): ["help"] + command
        }
    }

    private var takesSettings: Bool {
        switch self {
        case .emulator, .keysFingerprint, .help: false
        default: true
        }
    }

    private static func options(_ job: String?, _ again: Bool) -> [String] {
        (job.map { ["--job", $0] } ?? []) + (again ? ["--again"] : [])
    }

    /// A file's name that could be taken for an option is one no more with its folder before it.
    private static func file(_ path: String) -> String { path.hasPrefix("-") ? "./" + path : path }
}

/// Words as a POSIX shell reads them (POSIX.1-2017, Shell Command Language, 2.2 Quoting).
public enum ShellQuoting {
    /// Characters that mean themselves wherever they stand in a word.
    private static let plain = Set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./:@%+,=")

    /// One word that a shell reads as the text.
    ///
    /// A character that could mean something gets a backslash, so that the word can stand in a sentence between quotation
    /// marks; a line break, which a backslash would take away, makes the word a quoted one.
    public static func word(_ text: String) -> String {
        guard !text.isEmpty else { return "\"\"" }
        guard !text.contains(where: \.isNewline) else {
            return "'" + text.map { $0 == "'" ? "'\\''" : String($0) }.joined() + "'"
        }
        return text.map { plain.contains($0) || isBeyondASCII($0) ? String($0) : "\\\($0)" }.joined()
    }

    /// Letters of other scripts mean themselves; spaces of any kind do not end a word there, but a person would think so.
    private static func isBeyondASCII(_ character: Character) -> Bool {
        !character.isASCII && !character.isWhitespace
    }
}
