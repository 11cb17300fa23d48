/// What every case needs: where to work, how much to do, and what to run.
struct Bench {
    let folder: WorkFolder
    let scale: Scale
    /// The path of the tool under test.
    let rollcall: String
    /// The path of this program, which does the work of children too.
    let program = "/proc/self/exe"

    /// Starts this program with the arguments of one of its work commands, waits, and reads what it reports.
    func work(_ arguments: [String]) throws -> WorkReport {
        let output = folder.file("work.json")
        _ = try ChildProcess.start([program] + arguments, output: output, errors: folder.file("work.log"))
            .waitForSuccess()
        return try WorkReport.read(from: output)
    }
}
