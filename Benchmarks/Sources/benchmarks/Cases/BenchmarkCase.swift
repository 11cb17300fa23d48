import ArgumentParser
import Figures
import Foundation

/// What can be measured.
enum BenchmarkCase: String, CaseIterable, ExpressibleByArgument {
    case client
    case ingest
    case memory
    case claim
    case engines
    case storage
    case limiter
    case start
    case kill
    case page

    /// Runs the case.
    ///
    /// - Returns: Its figures, those with a target first.
    /// - Throws: `BenchmarkError` when nothing could be measured, `Interrupted` after a signal.
    func measure(on bench: Bench) throws -> [Figure] {
        switch self {
        case .client: try ClientBenchmark(bench: bench).measure()
        case .ingest: try IngestBenchmark(bench: bench).measure()
        case .memory: try MemoryBenchmark(bench: bench).measure()
        case .claim: try ClaimBenchmark(bench: bench).measure()
        case .engines: try EnginesBenchmark(bench: bench).measure()
        case .storage: try StorageBenchmark(bench: bench).measure()
        case .limiter: try LimiterBenchmark(bench: bench).measure()
        case .start: try StartBenchmark(bench: bench).measure()
        case .kill: try KillBenchmark(bench: bench).measure()
        case .page: try PageBenchmark(bench: bench).measure()
        }
    }
}

/// What every case needs: where to work, how much to do, and what to run.
struct Bench {
    let folder: WorkFolder
    let scale: Scale
    /// The path of the tool under test.
    let rollcall: String
    /// The path of this program, which does the work of children too.
    let program = "/proc/self/exe"

    init(folder: WorkFolder, scale: Scale, rollcall: String) {
        self.folder = folder
        self.scale = scale
        self.rollcall = rollcall
    }

    /// Starts this program with the arguments of one of its work commands, waits, and reads what it reports.
    func work(_ arguments: [String]) throws -> WorkReport {
        try startWork(arguments, "work").report()
    }

    /// The same without waiting; the name is that of its files, and no other's meanwhile.
    func startWork(_ arguments: [String], _ name: String) throws -> StartedWork {
        let output = folder.file("\(name).json")
        let process = try ChildProcess.start(
            [program] + arguments, output: output, errors: folder.file("\(name).log"))
        return StartedWork(process: process, output: output)
    }
}

/// A child of this program that works.
struct StartedWork: ~Copyable {
    let process: ChildProcess
    let output: String

    /// Waits for its end, and reads what it reports.
    consuming func report() throws -> WorkReport {
        let output = output
        _ = try process.waitForSuccess()
        return try WorkReport.read(from: output)
    }
}

/// What a child of this program says about its work, as JSON on its standard output.
struct WorkReport: Codable {
    /// Records that were worked on.
    var records: Int
    /// What it has measured in itself, by name: CPU in seconds, memory in bytes.
    var values: [String: Double] = [:]

    /// Prints it.
    func print() throws {
        FileHandle.standardOutput.write(try JSONEncoder().encode(self))
    }

    /// A value it must hold.
    func value(_ name: String) throws -> Double {
        guard let value = values[name] else { throw BenchmarkError("a child reports no '\(name)'; build again") }
        return value
    }

    /// Reads what a child has printed.
    static func read(from path: String) throws -> WorkReport {
        try JSONDecoder().decode(WorkReport.self, from: Data(TextFile.text(of: path).utf8))
    }
}

/// How much work each case does.
struct Scale {
    /// Measurements each value is taken of.
    var rounds: Int
    /// Records of a run against the emulator.
    let clientRecords: Int
    /// OAEP decryptions and encryptions of one measurement of the floor.
    let floorOperations: Int
    /// Rows of the file that is ingested.
    let ingestRows: Int
    /// Records of the smaller and the larger run whose peaks of memory are compared.
    let memoryRecords: (small: Int, large: Int)
    /// Records claimed and finished in one measurement.
    let claimedRecords: Int
    /// Records that wait, or are finished, in the large databases.
    let backlog: Int
    /// Records of each simulated night.
    let nightRecords: Int
    /// Runs that are killed.
    let kills: Int

    /// The sizes the targets are meant for.
    static let full = Scale(
        rounds: 5, clientRecords: 4_000, floorOperations: 2_000, ingestRows: 200_000,
        memoryRecords: (100_000, 1_000_000), claimedRecords: 10_000, backlog: 1_000_000,
        nightRecords: 5_000, kills: 50)

    /// Sizes for a first impression. With fewer records of the client, its start would be most of the cost.
    static let quick = Scale(
        rounds: 3, clientRecords: 4_000, floorOperations: 1_000, ingestRows: 50_000,
        memoryRecords: (10_000, 100_000), claimedRecords: 5_000, backlog: 100_000,
        nightRecords: 1_000, kills: 10)
}
