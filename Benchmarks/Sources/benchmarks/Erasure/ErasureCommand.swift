import ArgumentParser
import Figures
import Foundation

/// `benchmarks erasure`: that nothing is left of purged months, nor of persons who were forgotten.
struct ErasureCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "erasure",
        abstract:
            "Purges months of records, and forgets persons, beside a batch that runs, and searches for what is left.",
        discussion: """
            README.md says what is done. Exit code: 0 when nothing was found, 1 when something was, 2 when a step failed, \
            130 when interrupted.
            """)

    @Option(help: "Records of all months together.")
    var records = 1_000_000

    @Option(help: "Records of the batch that runs meanwhile.")
    var others = 100_000

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
        let reports = [
            await report("purge") { folder in
                let months = MarkedMonths(place: folder.place, records: records, months: months)
                return try await ErasureProof(months: months, folder: folder).figures()
            },
            await report("forget") { folder in
                let step = max(1, records / ForgettingProof.persons)
                let months = MarkedMonths(place: folder.place, records: records, months: months, step: step)
                return try await ForgettingProof(months: months, folder: folder).figures()
            },
        ]
        print(Table.text(of: reports))
        throw ExitCode(Verdict(on: reports).rawValue)
    }

    private func report(_ name: String, _ prove: (ErasureFolder) async throws -> [Figure]) async -> CaseReport {
        do {
            let place = try WorkFolder(below: folder)
            defer { place.remove() }
            let figures = try await prove(ErasureFolder(place: place, program: rollcall, others: others))
            return CaseReport(name: "erasure: \(name)", result: .measured(figures))
        } catch {
            return CaseReport(name: "erasure: \(name)", result: .failed("\(error)"))
        }
    }
}
