/// Peak memory of taking in, running and writing the results of many records, against that of a tenth of them.
struct MemoryBenchmark {
    let bench: Bench

    func measure() throws -> CaseReport {
        let sizes = bench.scale.memoryRecords
        var (small, large) = ([WorkReport](), [WorkReport]())
        for _ in 0..<bench.scale.rounds {
            small.append(try peaks(of: sizes.small))
            large.append(try peaks(of: sizes.large))
        }
        return CaseReport(name: .memory, figures: try figures(small, large))
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
                Figure(
                    name: "peak until after the \(phase), \(Count.text(size))", unit: .mebibytes,
                    samples: try peaks(phase, reports))
            }
        }
        return [
            Figure(
                name: "peak memory, \(Count.text(sizes.large)) records", unit: .mebibytes, samples: largePeaks,
                target: .atMost(128, final: 96)),
            Figure(
                name: "peak memory over that of \(Count.text(sizes.small))", unit: .times,
                samples: largePeaks / smallPeaks, target: .atMost(1.1)),
        ] + explaining
    }

    private func peaks(_ phase: String, _ reports: [WorkReport]) throws -> [Double] {
        try reports.map { try $0.value(phase) / Double(1 << 20) }
    }
}
