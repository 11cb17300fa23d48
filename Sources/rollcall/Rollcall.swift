import ArgumentParser
import Basics
import Foundation
import OpenSSL
import Operations

/// The command line tool; each command is thin and delegates to its module.
@main
struct Rollcall: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rollcall",
        abstract: "Batch identity verification: a file of account records in, one accounted-for answer per line out.",
        discussion: """
            \(ExitStatus.sentence)
            Results and --json go to standard output, progress and messages to standard error.
            """,
        version: Version.current,
        subcommands: [
            RunCommand.self, DaemonCommand.self, SubmitCommand.self, CheckCommand.self, StatusCommand.self,
            RecordsCommand.self, RerunCommand.self, StartCommand.self, PauseCommand.self, ResumeCommand.self,
            CancelCommand.self, LedgerCommand.self, ResolveCommand.self, ExportCommand.self, ReportCommand.self,
            PurgeCommand.self,
            ForgetCommand.self, AuditCommand.self, BackupCommand.self, RestoreCommand.self, DoctorCommand.self,
            JobsCommand.self, NodesCommand.self, MoveCommand.self, MigrateCommand.self, KeysCommand.self,
            SettingsReferenceCommand.self, AdminCommand.self, NotifyCommand.self,
            JWECommand.self, EmulatorCommand.self, DemoCommand.self,
        ])

    /// Privacy comes before anything else, for every command: none may print or dump its memory.
    static func main() async {
        ProcessPrivacy.apply()
        OpenSSLLibrary.leaveToExit()
        if let fault = CommandTree(Rollcall.self).fault(in: Array(CommandLine.arguments.dropFirst())) {
            Console.standard.note("rollcall: \(fault)")
            exit(withError: ExitCode(ExitStatus.usage.rawValue))
        }
        await main(nil)
    }
}

extension CommandTree {
    /// The tree below a command as its configuration has it.
    init(_ command: any ParsableCommand.Type) {
        self.init(command._commandName, command.configuration.subcommands.map(CommandTree.init))
    }
}

/// A command whose end is an `ExitStatus`: errors become one line on standard error and the status's number.
protocol RollcallCommand: AsyncParsableCommand {
    /// Does the command's work; throws what is to be reported to the user.
    func perform() async throws -> ExitStatus
}

/// A command that reads the settings.
protocol SettingsCommand: RollcallCommand {
    /// Where the settings are.
    var settings: SettingsOptions { get }
}

extension RollcallCommand {
    mutating func run() async throws {
        let config = (self as? any SettingsCommand)?.settings.namedAbsolutely
        let status = await Hint.$config.withValue(config) { await ended() }
        if status != .succeeded { throw ExitCode(status.rawValue) }
    }

    private func ended() async -> ExitStatus {
        do {
            return Console.standard.settled(try await perform())
        } catch is OutputLost {
            return Console.standard.settled(.succeeded)
        } catch {
            let failure = OperationFailure(error)
            Console.standard.note("rollcall: \(failure.message)")
            return failure.status
        }
    }
}

/// The option that names the settings file.
struct SettingsOptions: ParsableArguments {
    /// Names the settings file where no option does.
    private static let variable = "ROLLCALL_CONFIG"
    private static let usual = "rollcall.yaml"

    @Option(
        name: .customLong("config"),
        help: ArgumentHelp(
            "Settings file; absent: what the variable ROLLCALL_CONFIG names, else rollcall.yaml. Other variables ROLLCALL_NAME override what it says.",
            valueName: "file"),
        completion: .file(extensions: ["yaml", "yml"]))
    private var given: String?

    /// The settings file.
    var config: String { named ?? Self.usual }

    /// The settings file where an operator named one, as it is found from any folder.
    var namedAbsolutely: String? { named.map { URL(filePath: $0).standardizedFileURL.path } }

    /// A variable that is set to nothing names nothing.
    private var named: String? {
        given ?? ProcessInfo.processInfo.environment[Self.variable].flatMap { $0.isEmpty ? nil : $0 }
    }
}

/// The option of commands that show progress.
struct ProgressOptions: ParsableArguments {
    @Flag(name: .shortAndLong, help: "Show no progress; messages, and what the command prints, stay.")
    var quiet = false

    /// Where the command writes.
    var console: Console { quiet ? .standard.quiet : .standard }
}

extension CompletionKind {
    /// Names of batches.
    static let batches = custom { words, _, prefix in await Completions.batches(words, prefix) }

    /// Names of jobs.
    static let jobs = custom { words, _, prefix in Completions.jobs(words, prefix) }

    /// Names of jobs, and job files.
    static let jobsAndFiles = custom { words, _, prefix in
        Completions.jobs(words, prefix) + Completions.jobFiles(prefix)
    }
}
