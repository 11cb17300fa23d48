import Foundation
public import RecordStore

/// What the `summary.json` of a folder says of the batch it was written for: enough to tell whether the files beside it
/// are still those of the batch.
public struct ResultStamp: Sendable {
    private let summary: Summary
    private let filesAreThere: Bool

    /// Reads the stamp of a folder; nil where there is no summary, or none that can be read.
    ///
    /// - Parameter folder: a batch's folder.
    public init?(folder: String) {
        let files = FileManager.default
        guard let bytes = files.contents(atPath: "\(folder)/summary.json"),
            let summary = try? JSONDecoder().decode(Summary.self, from: bytes)
        else { return nil }
        self.summary = summary
        filesAreThere = summary.files.allSatisfy { files.fileExists(atPath: "\(folder)/\($0.name)") }
    }

    /// Whether the files were written for a batch, at whichever of its ends.
    public func concerns(_ batch: Batch) -> Bool {
        summary.batch.number == batch.id.rawValue && summary.batch.digest == batch.contentDigest.hexadecimal
    }

    /// Whether the files are there and tell of a batch as it is now: of the same end, with the same counters.
    public func tells(of batch: Batch) -> Bool {
        concerns(batch) && filesAreThere && summary.state == batch.state.rawValue
            && summary.times.finished == batch.finishedAt.map(Timestamp.text)
            && summary.records == BatchSummary.Records(BatchFigures(batch.counts))
            && summary.calls.attempts == batch.counts.attempts
    }

    private struct Summary: Sendable, Decodable {
        let batch: Identity
        let state: String
        let records: BatchSummary.Records
        let calls: Calls
        let times: Times
        let files: [File]
    }

    private struct Identity: Sendable, Decodable {
        let number: Int64
        let digest: String

        enum CodingKeys: String, CodingKey {
            case number
            case digest = "input_sha256"
        }
    }

    private struct Calls: Sendable, Decodable {
        let attempts: Int
    }

    private struct Times: Sendable, Decodable {
        let finished: String?
    }

    private struct File: Sendable, Decodable {
        let name: String
    }
}
