import Testing

@testable import Operations

@Suite("A misspelt command")
struct CommandTreeTests {
    private let tree = CommandTree(
        "rollcall",
        [
            CommandTree("run"), CommandTree("status"), CommandTree("start"),
            CommandTree("jobs", [CommandTree("check"), CommandTree("list")]),
        ])

    @Test(
        "What names a command, or begins with an option, is left to the options' own reading",
        arguments: [
            [], ["run", "sttaus"], ["status", "night-1"], ["jobs"], ["jobs", "list"], ["jobs", "list", "chekc"],
            ["--help"], ["--sttaus"], ["jobs", "--help"], ["help"], ["help", "run"], ["help", "jobs", "list"],
            ["help", "--help"],
        ])
    func known(arguments: [String]) {
        #expect(tree.fault(in: arguments) == nil)
    }

    @Test(
        "It is told, with the one that was probably meant",
        arguments: [
            (["sttaus"], "there is no command 'sttaus'; did you mean 'status'? 'rollcall help' lists them"),
            (
                ["help", "rnu"], "there is no command 'rnu'; did you mean 'run'? 'rollcall help' lists them"
            ),
            (
                ["jobs", "lits"],
                "there is no command 'lits' below 'jobs'; did you mean 'jobs list'? "
                    + "'rollcall help jobs' lists them"
            ),
            (
                ["help", "jobs", "xyz"],
                "there is no command 'xyz' below 'jobs'; 'rollcall help jobs' lists them"
            ),
            (["accounts.csv"], "there is no command 'accounts.csv'; 'rollcall help' lists them"),
            (["\u{1B}[2J"], "there is no command '?[2J'; 'rollcall help' lists them"),
            ([""], "there is no command ''; 'rollcall help' lists them"),
        ])
    func unknown(arguments: [String], fault: String) {
        #expect(tree.fault(in: arguments) == fault)
    }
}
