import ArgumentParser
import Figures
import Foundation

/// `benchmarks`: measures Rollcall against the targets of its design, and does the work of the children it measures.
@main
struct Benchmarks: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "benchmarks", abstract: "Measures Rollcall as ratios taken in one run.",
        subcommands: [
            MeasureCommand.self, ErasureCommand.self, FloorWork.self, IngestWork.self, RunWork.self, FillWork.self,
            ClaimWork.self, NightsWork.self, VisitWork.self,
        ],
        defaultSubcommand: MeasureCommand.self)
}

/// The command people call: runs the cases and prints their figures.
struct MeasureCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "measure", abstract: "Runs the cases and prints each figure beside its target.",
        discussion: """
            README.md says what each figure means and how it is taken. Exit code: 0 when all targets held, 1 when one was \
            missed, 2 when something could not be measured, 130 when interrupted.
            """)

    @Argument(help: "Cases to run; absent: all of them.")
    var cases = BenchmarkCase.allCases

    @Flag(help: "Smaller sizes and three rounds: a first impression in about three minutes.")
    var quick = false

    @Flag(help: "Print JSON, every sample included, instead of a table.")
    var json = false

    @Option(help: ArgumentHelp("Measurements each value is taken of.", valueName: "n"))
    var rounds: Int?

    @Option(help: ArgumentHelp("The release build of rollcall.", valueName: "file"), completion: .file())
    var rollcall = ".build/release/rollcall"

    @Option(help: ArgumentHelp("Folder to work in; absent: the system's temporary one.", valueName: "folder"))
    var folder = FileManager.default.temporaryDirectory.path

    func validate() throws {
        if let rounds, rounds < 1 { throw ValidationError("--rounds must be at least 1.") }
    }

    func run() async throws {
        Interruption.watch()
        do {
            let reports = try measure()
            print(json ? try JSONReport.text(of: reports) : Table.text(of: reports))
            throw ExitCode(Verdict(on: reports).rawValue)
        } catch let code as ExitCode {
            throw code
        } catch is Interrupted {
            note("interrupted")
            throw ExitCode(130)
        } catch {
            // The parser's own code for an error is 1, which means a missed target here.
            note("\(error)")
            throw ExitCode(Verdict.incomplete.rawValue)
        }
    }

    /// Runs the cases; one that fails does not keep the others from running.
    private func measure() throws -> [CaseReport] {
        let place = try WorkFolder(below: folder)
        defer { place.remove() }
        let bench = Bench(folder: place, scale: scale, rollcall: rollcall)
        return try cases.map { name in
            note("measuring \(name.rawValue) …")
            do {
                return CaseReport(name: name.rawValue, result: .measured(try name.measure(on: bench)))
            } catch let error as Interrupted {
                throw error
            } catch {
                return CaseReport(name: name.rawValue, result: .failed("\(error)"))
            }
        }
    }

    private var scale: Scale {
        var scale = quick ? Scale.quick : Scale.full
        scale.rounds = rounds ?? scale.rounds
        return scale
    }

    /// Standard error takes what is reported meanwhile; standard output holds the figures alone.
    private func note(_ text: String) {
        FileHandle.standardError.write(Data((text + "\n").utf8))
    }
}

/// Why nothing could be measured.
struct BenchmarkError: Error, CustomStringConvertible {
    /// One sentence: what is wrong and what to do.
    let description: String

    init(_ description: String) {
        self.description = description
    }
}
