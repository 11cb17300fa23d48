import Basics
import Ingest
import RecordStore
import Settings

/// What is said of a file in a drop folder whose very content was taken in before: where its results are, and what can be
/// done. A pure rule.
struct RepeatedFile {
    let file: String
    /// Where the file lies once it is refused.
    let rejectedPath: String
    /// The batch of the same content.
    let batch: Batch
    let job: JobDefinition
    /// The folder of that batch's results, as people at the drop folder see it.
    let results: String

    /// Why the file is refused.
    var error: InputError {
        var error = InputError(
            file: file,
            rule: "holds exactly what was taken in before as \(batch.name) (\(batch.fileName)), which \(standing)")
        error.remedy = remedy
        return error
    }

    private var standing: String {
        switch batch.state {
        case .completed: "is completed: its results are in \(results)"
        case .cancelled: "was cancelled: its results are in \(results)"
        case .rejected: "was refused"
        case .awaitingConfirmation: "waits for a confirmation"
        case .paused, .halted: "is \(batch.state.rawValue)"
        case .ingesting, .running: "is under way: its results will be in \(results)"
        }
    }

    private var remedy: String {
        switch batch.state {
        case .completed, .rejected:
            "Nothing, if those results will do. \(again)"
        case .cancelled where batch.counts.cancelled > 0:
            "Drop cancelled.\(batch.format) from there here, which sends what was not sent. \(again)"
        case .cancelled: "Nothing, if those results will do. \(again)"
        case .awaitingConfirmation: "Ask those who run Rollcall for \(Hint.start(batch: batch.name))"
        case .paused, .halted:
            "Ask those who run Rollcall why; once that is put right, \(Hint.resume(batch: batch.name)) goes on"
        case .ingesting, .running: "Nothing: wait for those results"
        }
    }

    /// Where everything is to be asked once more.
    private var again: String {
        "To have all lines answered once more, ask those who run Rollcall for "
            + "\(Hint.submit(file: rejectedPath, job: job.name, again: true)), which runs \(job.onceMore)"
    }
}
