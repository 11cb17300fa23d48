import ArgumentParser

/// `benchmarks`: measures Rollcall against the targets of its design, and does the work of the children it measures.
@main
struct Benchmarks: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "benchmarks", abstract: "Measures Rollcall as ratios taken in one run.",
        subcommands: [
            MeasureCommand.self, FloorWork.self, IngestWork.self, RunWork.self, FillWork.self, ClaimWork.self,
        ],
        defaultSubcommand: MeasureCommand.self)
}
