import ArgumentParser
import Foundation

/// The command people call: runs the cases and prints their figures.
struct MeasureCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "measure", abstract: "Runs the cases and prints each figure beside its target.",
        discussion: "README.md says what each figure means and how it is taken.")

    @Argument(help: "Cases to run; absent: all of them.")
    var cases = BenchmarkCase.allCases

    @Flag(help: "Smaller sizes and three rounds: a first impression in about a minute.")
    var quick = false

    @Flag(help: "Print JSON, every sample included, instead of a table.")
    var json = false

    @Option(help: ArgumentHelp("Measurements each median is taken of.", valueName: "n"))
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
        let place = try WorkFolder(below: folder)
        defer { place.remove() }
        let bench = Bench(folder: place, scale: scale, rollcall: rollcall)
        var reports = [CaseReport]()
        for name in cases {
            Console.note("measuring \(name.rawValue) …")
            reports.append(try name.measure(on: bench))
        }
        print(json ? try JSONReport.text(of: reports) : Table.text(of: reports))
    }

    private var scale: Scale {
        var scale = quick ? Scale.quick : Scale.full
        scale.rounds = rounds ?? scale.rounds
        return scale
    }
}
