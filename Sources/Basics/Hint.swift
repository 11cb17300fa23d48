/// A command line that a message tells the reader to run.
///
/// It works as printed, in any folder: every word is quoted for a shell, and the settings file is included when one was
/// given to this process (``config``). Messages hold no other command lines.
package enum Hint: Sendable, Equatable {
    /// Runs files, or resumes the batches they have begun.
    case run(files: [String], job: String? = nil, again: Bool = false)
    /// Runs the daemon.
    case daemon
    /// Hands a file over to the daemon.
    case submit(file: String, job: String? = nil, again: Bool = false)
    /// Says what a file would do, without taking it in.
    case check(file: String, job: String? = nil)
    /// Shows all batches, or one.
    case status(batch: String? = nil)
    /// Lists a batch's records of one status.
    case records(batch: String, status: String)
    /// Sends again a batch's failed records, or those of a status, where they begin at some lines (`A-B`); `agreed` to
    /// what that may cost.
    case rerun(batch: String, status: String? = nil, lines: String? = nil, agreed: Bool = false)
    /// Confirms what a waiting batch costs.
    case start(batch: String)
    /// Resumes a paused or halted batch.
    case resume(batch: String)
    /// Releases batches that wait since a restore.
    case resumeAfterRestore
    /// Cancels what has not been sent of a batch.
    case cancel(batch: String)
    /// Decides what becomes of a record in doubt, or of all; `agreed` to what that may cost.
    case resolve(batch: String, line: Int? = nil, decision: String, agreed: Bool = false)
    /// Shows whether anything up to an entry of the audit was changed or cut off.
    case verifyAudit(head: String)
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
    /// Makes a token for metrics.
    case adminToken
    /// Takes a node for gone for good.
    case retire(node: String)
    /// Moves the database.
    case move(to: String)
    /// Brings the database to this version.
    case migrate
    /// Shows the reference of all settings.
    case settings
    /// Shows how a command is used, for messages that cannot name exact arguments.
    case help([String])

    /// The settings file given to this process, absolute; nil: it was found as `rollcall.yaml` in the current folder,
    /// and the next command will find it the same way.
    @TaskLocal package static var config: String?
}

extension Hint: CustomStringConvertible {
    /// The command line as one line for a POSIX shell.
    package var commandLine: String {
        let settings = takesSettings ? Hint.config.map { ["--config", $0] } ?? [] : []
        return (["rollcall"] + words + settings).map(ShellQuoting.word).joined(separator: " ")
    }

    /// The command line in quotation marks, for use in a sentence.
    package var description: String { "'\(commandLine)'" }

    private var words: [String] {
        switch self {
        case .run(let files, let job, let again): ["run"] + files.map(Self.file) + Self.options(job, again)
        case .daemon: ["daemon"]
        case .submit(let file, let job, let again): ["submit", Self.file(file)] + Self.options(job, again)
        case .check(let file, let job): ["check", Self.file(file)] + Self.options(job, false)
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
        case .verifyAudit(let head): ["audit", "--verify", "--head", head]
        case .export(let batch): ["export", batch]
        case .doctor: ["doctor"]
        case .jobsList: ["jobs", "list"]
        case .emulator(let listen, let folder):
            ["emulator"] + (listen.map { ["--listen", $0] } ?? []) + ["--dir", folder]
        case .keysFingerprint(let file): ["keys", "fingerprint", Self.file(file)]
        case .adminToken: ["admin", "token"]
        case .retire(let node): ["nodes", "retire", node]
        case .move(let target): ["move", "--to", target]
        case .migrate: ["migrate"]
        case .settings: ["settings"]
        case .help(let command): ["help"] + command
        }
    }

    private var takesSettings: Bool {
        switch self {
        case .emulator, .keysFingerprint, .settings, .help: false
        default: true
        }
    }

    private static func options(_ job: String?, _ again: Bool) -> [String] {
        (job.map { ["--job", $0] } ?? []) + (again ? ["--again"] : [])
    }

    /// A file name that looks like an option no longer does with its folder before it.
    private static func file(_ path: String) -> String { path.hasPrefix("-") ? "./" + path : path }
}

/// Quotes words for a POSIX shell (POSIX.1-2017, Shell Command Language, 2.2 Quoting).
package enum ShellQuoting {
    /// Characters that need no quoting anywhere in a word.
    private static let plain = Set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./:@%+,=")

    /// One word that a shell reads as the text.
    ///
    /// A character with a special meaning gets a backslash, so that the word can stand in a sentence between quotation
    /// marks; a word with a line break, which a backslash would remove, is quoted instead.
    package static func word(_ text: String) -> String {
        guard !text.isEmpty else { return "\"\"" }
        guard !text.contains(where: \.isNewline) else {
            return "'" + text.map { $0 == "'" ? "'\\''" : String($0) }.joined() + "'"
        }
        return text.map { plain.contains($0) || isBeyondASCII($0) ? String($0) : "\\\($0)" }.joined()
    }

    /// Letters of other scripts need no quoting; other kinds of space do not end a word there, but a reader would think
    /// so.
    private static func isBeyondASCII(_ character: Character) -> Bool {
        !character.isASCII && !character.isWhitespace
    }
}
