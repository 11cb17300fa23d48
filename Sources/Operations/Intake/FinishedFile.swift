import RecordStore
import Settings

/// A file whose very content was run before, and what is said of it: where its results are, and how what is left of it is
/// sent without paying for anything a second time.
struct FinishedFile {
    let name: String
    /// Its newest batch, which is over.
    let batch: Batch
    /// The folder of its results.
    let results: String

    /// One sentence for whoever gave the file once more.
    func text(under job: JobDefinition) -> String {
        let date = NumberFormat.time(batch.finishedAt ?? batch.createdAt)
        return "\(name) was already run as \(batch.name), \(batch.state.rawValue) \(date), and is passed over; "
            + "its results are in \(results); \(batch.waysToSendRest ?? anew(under: job))"
    }

    /// The only way to send lines anew that have their answers.
    private func anew(under job: JobDefinition) -> String {
        batch.isIngested
            ? "nothing is left to be sent (--again runs \(job.onceMore))"
            : "nothing of it was sent (--again takes it in anew)"
    }
}

extension JobDefinition {
    /// What a file that was taken in before costs when it is run again.
    var onceMore: String {
        reuseWithin == nil
            ? "and bills it once more"
            : "it once more (with reuse_within: from earlier answers; add --no-reuse to call, and bill, anew)"
    }
}
