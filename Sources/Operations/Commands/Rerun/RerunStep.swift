import Basics
import RecordStore

/// What a re-run does once the selected records are queued: it sends these and nothing else. A pure rule.
enum RerunStep: Equatable {
    /// Nothing now: the batch stands still until an operator's command sends them; holds how, as the end of a sentence.
    case wait(String)
    /// Send the selected records, and leave this many others queued.
    case send(leaving: Int)
    /// Rewrite the results: stored answers can be read now, and nothing is to be sent.
    case conclude
    /// Nothing is selected; this many others are queued.
    case nothing(waiting: Int)

    /// Decides.
    ///
    /// - Parameters:
    ///   - batch: The batch as it is after the selected records were queued.
    ///   - selected: How many these are.
    ///   - recovered: Records whose stored answer could be read without a call.
    init(_ batch: Batch, selected: Int, recovered: Int) {
        // A daemon may have sent some by now.
        let others = max(0, batch.counts.queued - selected)
        if let nextStepText = batch.nextStepText(queuedAgain: selected) {
            self = .wait((selected > 0 ? "nothing is sent now: " : "no record matches; ") + nextStepText)
        } else if selected > 0 {
            self = .send(leaving: others)
        } else {
            self = recovered > 0 && batch.state.isFinished ? .conclude : .nothing(waiting: others)
        }
    }
}

extension RerunStep {
    /// The message for it; nil if none is needed.
    ///
    /// - Parameter continuation: What sends the others that wait.
    /// - Returns: The rest of the line that begins with the batch's name.
    func notice(continuation: String) -> String? {
        switch self {
        case .wait(let text): text
        case .send(leaving: 0), .conclude: nil
        case .send(let others):
            "\(NumberFormat.count(others, "other record")) waiting there \(others == 1 ? "is" : "are") not sent; \(continuation)"
        case .nothing(waiting: 0): "no record matches; nothing to send"
        case .nothing(let others):
            "no record matches; nothing to send; \(NumberFormat.count(others, "record")) waiting there: \(continuation)"
        }
    }
}

extension Batch {
    /// What sends records that were queued again in a batch that stands still.
    ///
    /// - Parameter queuedAgain: How many these are; the others that wait are sent with them.
    /// - Returns: The end of a sentence; nil if the batch does not stand still.
    func nextStepText(queuedAgain: Int) -> String? {
        let others = counts.queued - queuedAgain
        let waiting = others > 0 ? NumberFormat.count(others, "other record") : nil
        let all = [queuedAgain == 0 ? nil : queuedAgain == 1 ? "it" : "them", waiting].compactMap { $0 }
            .joined(separator: " and ")
        switch state {
        case .paused, .halted: return "it is \(state.rawValue); \(Hint.resume(batch: name)) \(sends(all))"
        case .awaitingConfirmation: return "it waits for confirmation; \(Hint.start(batch: name)) \(sends(all))"
        case .ingesting, .running, .completed, .cancelled, .rejected: return nil
        }
    }

    /// Why nothing of a batch can be queued again; the rest of the sentence that begins with its name. Nil: it can.
    var reasonNotToRerun: String? {
        switch state {
        case .ingesting, .awaitingConfirmation: "is \(state.rawValue); run its file again to continue with it"
        case .rejected: "was refused as a whole; nothing of it was taken in, and nothing can be sent"
        case .cancelled where !isIngested:
            "was cancelled before its file was read whole; nothing of it was sent; its file, run with --again, is taken in "
                + "again"
        case .cancelled where counts.inFlight > 0:
            "is cancelled, and \(NumberFormat.count(counts.inFlight, "call")) of it under way; once they have ended, the same "
                + "command again"
        case .running, .completed, .paused, .halted, .cancelled: nil
        }
    }

    /// What is not sent of a cancelled batch, and what sends it after all.
    ///
    /// - Parameter run: The process of a `run` that holds the database, until whose end nothing can be queued again; nil
    ///   where there is none.
    /// - Returns: The sentence without a full stop.
    func givenUp(during run: Int32?) -> String {
        let count = counts.cancelled
        guard count > 0 else { return "no record was left to be sent" }
        let text = "\(NumberFormat.count(count, "record")) will not be sent"
        guard isIngested else { return text }
        let all = count == 1 ? "it" : "them"
        let condition =
            if let run {
                ", once process \(run) has ended"
            } else if counts.inFlight > 0 {
                ", once the calls under way have ended"
            } else {
                ""
            }
        return "\(text); \(Hint.rerun(batch: name, status: "cancelled")) would send \(all) after all\(condition)"
    }

    /// The commands that send what is left of a batch that is over, and nothing that was answered; nil if nothing is
    /// left that could be sent, or its rows were purged.
    var waysToSendRest: String? {
        guard isIngested, purged.payloads == nil else { return nil }
        let ways = [
            (counts.failed, nil, "sends its ", "failed record", ""),
            (counts.cancelled, "cancelled", "sends its ", "cancelled record", ""),
            (counts.inDoubt, "in_doubt", "says what sending its ", "record", " in doubt may cost"),
        ]
        let texts = ways.filter { $0.0 > 0 }.map { count, status, verb, noun, end in
            "\(Hint.rerun(batch: name, status: status)) \(verb)\(NumberFormat.count(count, noun))\(end)"
        }
        return texts.isEmpty ? nil : texts.joined(separator: ", ")
    }

    private func sends(_ records: String) -> String { records.isEmpty ? "continues with it" : "sends \(records)" }
}
