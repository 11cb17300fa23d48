import Figures
import Foundation

/// Ingest of a CSV file against `sqlite3 .import` of the same file, each in a process of its own.
struct IngestBenchmark {
    let bench: Bench

    func measure() throws -> [Figure] {
        let shell = try SQLiteShell.find()
        let input = bench.folder.file("accounts.csv")
        try SampleAccounts.write(bench.scale.ingestRows, to: input)
        defer { bench.folder.remove("accounts.csv") }
        var (ours, theirs) = ([Cost](), [Cost]())
        for _ in 0..<bench.scale.rounds {
            ours.append(try ingest(input, comparedBy: shell))
            let ended = try shell.importFile(input, rows: bench.scale.ingestRows, in: bench.folder)
            theirs.append(Cost(wall: ended.wallSeconds, cpu: ended.cpuSeconds))
        }
        return figures(ours, theirs)
    }

    /// What one ingest or import took, in seconds.
    private struct Cost {
        let wall: Double
        let cpu: Double
    }

    private func ingest(_ input: String, comparedBy shell: SQLiteShell) throws -> Cost {
        let folder = try bench.folder.makeFolder("ingest")
        defer { bench.folder.remove("ingest") }
        let report = try bench.work(["work-ingest", "--input", input, "--folder", folder])
        guard report.records == bench.scale.ingestRows else {
            throw BenchmarkError("ingest took in \(report.records) of \(bench.scale.ingestRows) rows")
        }
        try shell.requireSameIndexes(as: WorkStore.database(in: folder), in: bench.folder)
        return Cost(wall: try report.value("wall"), cpu: try report.value("cpu"))
    }

    private func figures(_ ours: [Cost], _ theirs: [Cost]) -> [Figure] {
        let rows = Double(bench.scale.ingestRows)
        let (ourRate, theirRate) = (ours.map { rows / $0.wall }, theirs.map { rows / $0.wall })
        let (ourCPU, theirCPU) = (ours.map { $0.cpu / rows * 1e6 }, theirs.map { $0.cpu / rows * 1e6 })
        return [
            Figure(
                "rows/s on two threads over sqlite3 .import on one", .times, ourRate / theirRate,
                target: .atLeast(0.8)),
            Figure("CPU per row, both threads", .microseconds, ourCPU, target: .atMost(3.5)),
            Figure("CPU per row over that of sqlite3 .import", .times, ourCPU / theirCPU),
            Figure("CPU per row of sqlite3 .import", .microseconds, theirCPU),
            Figure("rows/s on two threads", .perSecond, ourRate),
            Figure("rows/s of sqlite3 .import on one", .perSecond, theirRate),
        ]
    }
}
