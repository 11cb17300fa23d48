import Basics
import RecordStore

extension ResultWriter {
    /// Files that are there only while there are rows for them.
    private static let returnNames = ReturnFile.Kind.allCases.flatMap {
        ["\($0.rawValue).csv", "\($0.rawValue).jsonl"]
    }
    static let allNames = ["results.csv", "results.jsonl", "report.html", "summary.json"] + returnNames

    /// One row per input line, or the files are not written.
    static func requireAll(_ batch: Batch, _ figures: BatchFigures) throws {
        guard batch.isIngested, figures.rows != batch.counts.total else { return }
        throw ResultError(
            .unaccounted,
            "batch \(batch.name) has \(Counted.things(batch.counts.total, "line")) but "
                + "\(Counted.things(figures.rows, "record")); restore the database")
    }

    static func file(_ name: String, _ content: [UInt8], in folder: ResultFolder) throws -> (ResultFile, FileFacts) {
        let file = try ResultFile(name, in: folder)
        try file.write(content)
        return (file, try file.complete())
    }

    /// Renames whole files and takes away those of an earlier writing that have no rows any more.
    static func publish(_ files: [ResultFile], in folder: ResultFolder) throws {
        let names = Set(files.map(\.name))
        for stale in returnNames where !names.contains(stale) { try folder.remove(stale) }
        for file in files { try file.publish() }
        try folder.synchronize()
    }

    /// The paths of the files of these names in a folder.
    static func paths(_ folder: String, _ names: [String]) -> ResultPaths {
        func path(_ name: String) -> String { "\(folder)/\(name)" }
        func returned(_ kind: ReturnFile.Kind) -> String? {
            names.first { $0.hasPrefix(kind.rawValue + ".") }.map(path)
        }
        return ResultPaths(
            folder: folder, csv: path("results.csv"), jsonl: path("results.jsonl"), failed: returned(.failed),
            inDoubt: returned(.inDoubt), cancelled: returned(.cancelled), summary: path("summary.json"),
            report: path("report.html"))
    }
}
