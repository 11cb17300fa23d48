import RecordStore
import Settings

/// A file whose content was run before, and the message about it: where its results are, and how to send the rest
/// without paying for anything twice.
struct FinishedFile {
    let name: String
    /// Its newest batch, which is over.
    let batch: Batch
    /// The folder of its results.
    let results: String

    /// One sentence for the user who named the file again.
    func text(under job: JobDefinition) -> String {
        let date = NumberFormat.time(batch.finishedAt ?? batch.createdAt)
        return "\(name) was already run as \(batch.name), \(batch.state.rawValue) \(date), and is passed over; "
            + "its results are in \(results); \(batch.waysToSendRest ?? again(under: job))"
    }

    /// The only way to resend lines that have been answered.
    private func again(under job: JobDefinition) -> String {
        if batch.purged.payloads != nil {
            return "its rows were purged: drop failed.csv again to send what failed (--again runs \(job.onceMore))"
        }
        return batch.isIngested
            ? "nothing is left to be sent (--again runs \(job.onceMore))"
            : "nothing of it was sent (--again takes it in again)"
    }
}

extension JobDefinition {
    /// What a file that was taken in before costs when it is run again.
    var onceMore: String {
        reuseWithin == nil
            ? "and bills it once more"
            : "it once more (with reuse_within: from earlier answers; add --no-reuse to call, and bill, again)"
    }
}
