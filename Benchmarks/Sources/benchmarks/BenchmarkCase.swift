import ArgumentParser

/// What can be measured.
enum BenchmarkCase: String, CaseIterable, ExpressibleByArgument {
    case client
    case ingest
    case memory
    case claim

    /// Runs the case.
    func measure(on bench: Bench) throws -> CaseReport {
        switch self {
        case .client: try ClientBenchmark(bench: bench).measure()
        case .ingest: try IngestBenchmark(bench: bench).measure()
        case .memory: try MemoryBenchmark(bench: bench).measure()
        case .claim: try ClaimBenchmark(bench: bench).measure()
        }
    }
}
