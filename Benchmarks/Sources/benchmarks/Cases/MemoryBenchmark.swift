import Figures

/// Peak memory of taking in, running and writing the results of many records, against that of a tenth of them.
struct MemoryBenchmark {
    let bench: Bench

    func measure() throws -> [Figure] {
        let sizes = bench.scale.memoryRecords
        var (small, large) = ([WorkReport](), [WorkReport]())
        for _ in 0..<bench.scale.rounds {
            small.append(try peaks(of: sizes.small))
            large.append(try peaks(of: sizes.large))
        }
        return try figures(small, large)
    }

    private func peaks(of records: Int) throws -> WorkReport {
        let folder = try bench.folder.makeFolder("memory")
        defer { bench.folder.remove("memory") }
        let input = "\(folder)/accounts.csv"
        try SampleAccounts.write(records, to: input)
        let report = try bench.work(["work-run", "--input", input, "--folder", folder])
        guard report.records == records else {
            throw BenchmarkError("\(report.records) of \(records) records succeeded; all should")
        }
        return report
    }

    private func figures(_ small: [WorkReport], _ large: [WorkReport]) throws -> [Figure] {
        let sizes = bench.scale.memoryRecords
        let (smallPeaks, largePeaks) = (try peaks("results", small), try peaks("results", large))
        let explaining = try ["ingest", "run", "results"].flatMap { phase in
            try [(sizes.small, small), (sizes.large, large)].map { size, reports in
                Figure("peak until after the \(phase), \(Count.text(size))", .mebibytes, try peaks(phase, reports))
            }
        }
        return [
            Figure(
                "peak memory, \(Count.text(sizes.large)) records", .mebibytes, largePeaks, target: .atMost(96)),
            Figure(
                "peak memory over that of \(Count.text(sizes.small))", .times, largePeaks / smallPeaks,
                target: .atMost(1.1)),
        ] + explaining
    }

    private func peaks(_ phase: String, _ reports: [WorkReport]) throws -> [Double] {
        try reports.map { try $0.value(phase) / Double(1 << 20) }
    }
}
