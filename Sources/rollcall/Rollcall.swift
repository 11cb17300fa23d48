import ArgumentParser
import Operations

/// The command line tool; each command is thin and hands over to its room.
@main
struct Rollcall: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rollcall",
        abstract: "Batch identity verification: a file of account records in, one accounted-for answer per line out.",
        discussion: """
            Exit codes: 0 all succeeded; 2 finished, some failed or invalid; 4 finished, some in doubt; \
            3 halted, stopped, waiting or refused before finishing; 64 usage; 65 input unusable; 78 configuration.
            Results and --json go to standard output, progress and messages to standard error.
            """,
        version: Version.current,
        subcommands: [
            RunCommand.self, DaemonCommand.self, SubmitCommand.self, CheckCommand.self, StatusCommand.self,
            RecordsCommand.self, RerunCommand.self, StartCommand.self, PauseCommand.self, ResumeCommand.self,
            CancelCommand.self, LedgerCommand.self, ResolveCommand.self, ExportCommand.self, BackupCommand.self,
            RestoreCommand.self, DoctorCommand.self, JobsCommand.self, KeysCommand.self, JWECommand.self,
            EmulatorCommand.self, DemoCommand.self,
        ])

    /// Privacy comes before anything else, for every command: none may print or dump what its memory holds.
    static func main() async {
        ProcessPrivacy.apply()
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
