import Basics
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
        let date = Figures.time(batch.finishedAt ?? batch.createdAt)
        return "\(name) was already run as \(batch.name), \(batch.state.rawValue) \(date), and is passed over; "
            + "its results are in \(results); \(rest ?? anew(under: job))"
    }

    /// The commands that send what is left of a batch that is over, and nothing that was answered; nil where nothing is
    /// left that could be sent.
    private var rest: String? {
        let counts = batch.counts
        guard batch.isIngested else { return nil }
        let ways = [
            (counts.failed, nil, "sends its ", "failed record", ""),
            (counts.cancelled, "cancelled", "sends its ", "cancelled record", ""),
            (counts.inDoubt, "in_doubt", "says what sending its ", "record", " in doubt may cost"),
        ]
        let texts = ways.filter { $0.0 > 0 }.map { count, status, verb, noun, end in
            "\(Hint.rerun(batch: batch.name, status: status)) \(verb)\(Figures.count(count, noun))\(end)"
        }
        return texts.isEmpty ? nil : texts.joined(separator: ", ")
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
