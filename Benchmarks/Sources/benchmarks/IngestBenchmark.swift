/// Ingest of a CSV file against `sqlite3 .import` of the same file, each in a process of its own.
struct IngestBenchmark {
    let bench: Bench

    func measure() throws -> CaseReport {
        guard let shell = SQLiteShell.find() else {
            return CaseReport(name: .ingest, skipped: "sqlite3 is not installed; apt-get install sqlite3")
        }
        let input = bench.folder.file("accounts.csv")
        try SampleAccounts.write(bench.scale.ingestRows, to: input)
        defer { bench.folder.remove("accounts.csv") }
        var (ours, theirs) = ([Cost](), [Cost]())
        for _ in 0..<bench.scale.rounds {
            ours.append(try ingest(input))
            let ended = try shell.importFile(input, rows: bench.scale.ingestRows, in: bench.folder)
            theirs.append(Cost(wall: ended.wallSeconds, cpu: ended.cpuSeconds))
        }
        return CaseReport(name: .ingest, figures: figures(ours, theirs))
    }

    /// What one ingest or import took, in seconds.
    private struct Cost {
        let wall: Double
        let cpu: Double
    }

    private func ingest(_ input: String) throws -> Cost {
        let folder = try bench.folder.makeFolder("ingest")
        defer { bench.folder.remove("ingest") }
        let report = try bench.work(["work-ingest", "--input", input, "--folder", folder])
        guard report.records == bench.scale.ingestRows else {
            throw BenchmarkError("ingest took in \(report.records) of \(bench.scale.ingestRows) rows")
        }
        return Cost(wall: try report.value("wall"), cpu: try report.value("cpu"))
    }

    private func figures(_ ours: [Cost], _ theirs: [Cost]) -> [Figure] {
        let rows = Double(bench.scale.ingestRows)
        let (ourRate, theirRate) = (ours.map { rows / $0.wall }, theirs.map { rows / $0.wall })
        return [
            Figure(
                name: "rows/s over those of sqlite3 .import", unit: .times, samples: ourRate / theirRate,
                target: .atLeast(0.4, final: 0.8)),
            Figure(name: "rows/s", unit: .perSecond, samples: ourRate),
            Figure(name: "rows/s of sqlite3 .import", unit: .perSecond, samples: theirRate),
            Figure(name: "CPU per row", unit: .microseconds, samples: ours.map { $0.cpu / rows * 1e6 }),
            Figure(
                name: "CPU per row of sqlite3 .import", unit: .microseconds,
                samples: theirs.map { $0.cpu / rows * 1e6 }),
        ]
    }
}
