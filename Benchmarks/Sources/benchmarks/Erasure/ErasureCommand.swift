import ArgumentParser
import Figures
import Foundation

/// `benchmarks erasure`: that nothing is left of purged months.
struct ErasureCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "erasure",
        abstract: "Purges months of records beside a batch that runs, and searches for what is left.",
        discussion: """
            README.md says what is done. Exit code: 0 when nothing was found, 1 when something was, 2 when a step failed, \
            130 when interrupted.
            """)

    @Option(help: "Records of all months together.")
    var records = 1_000_000

    @Option(help: "Months, each with a backup of its own; at most 12.")
    var months = 12

    @Option(help: ArgumentHelp("The release build of rollcall.", valueName: "file"), completion: .file())
    var rollcall = ".build/release/rollcall"

    @Option(help: ArgumentHelp("Folder to work in; absent: the system's temporary one.", valueName: "folder"))
    var folder = FileManager.default.temporaryDirectory.path

    func validate() throws {
        guard (1...12).contains(months), records >= months else {
            throw ValidationError("--months must be from 1 to 12, and --records at least as many.")
        }
    }

    func run() async throws {
        Interruption.watch()
        let report = await report()
        print(Table.text(of: [report]))
        throw ExitCode(Verdict(on: [report]).rawValue)
    }

    private func report() async -> CaseReport {
        do {
            let place = try WorkFolder(below: folder)
            defer { place.remove() }
            let proof = ErasureProof(
                months: MarkedMonths(place: place, records: records, months: months), place: place, rollcall: rollcall)
            return CaseReport(name: "erasure", result: .measured(try await proof.figures()))
        } catch {
            return CaseReport(name: "erasure", result: .failed("\(error)"))
        }
    }
}
