import Foundation
public import RecordStore

extension WrittenResults {
    /// Reads what was written for a batch when it last ended; nil where there is no summary, or one of another end:
    /// before it was run again, for one.
    ///
    /// - Parameters:
    ///   - batch: the batch, over.
    ///   - folder: its folder.
    ///   - doubts: what a person has to decide about.
    public init?(of batch: Batch, in folder: String, inDoubtSummary: InDoubtSummary) {
        guard ResultStamp(folder: folder)?.tells(of: batch) == true,
            let json = FileManager.default.contents(atPath: "\(folder)/summary.json"),
            let summary = try? JSONDecoder().decode(BatchSummary.self, from: json)
        else { return nil }
        self.init(
            paths: ResultWriter.paths(folder, summary.files.map(\.name)), summary: summary,
            inDoubtSummary: inDoubtSummary)
    }
}
