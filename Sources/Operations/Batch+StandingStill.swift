import Basics
import RecordStore

extension Batch {
    /// What sends records that were queued again in a batch that stands still.
    ///
    /// - Parameter queuedAgain: How many these are; the others that wait are sent with them.
    /// - Returns: The end of a sentence; nil where the batch does not stand still.
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
        case .ingesting, .awaitingConfirmation: "is \(state.rawValue); run its file again to go on with it"
        case .rejected: "was refused as a whole; nothing of it was taken in, and nothing can be sent"
        case .cancelled where !isIngested:
            "was cancelled before its file was read whole; nothing of it was sent; its file, run with --again, is taken in "
                + "anew"
        case .cancelled where counts.inFlight > 0:
            "is cancelled, and \(NumberFormat.count(counts.inFlight, "call")) of it under way; once they have ended, the same "
                + "command again"
        case .running, .completed, .paused, .halted, .cancelled: nil
        }
    }

    /// What is not sent of a cancelled batch, and what sends it after all.
    var givenUp: String {
        let count = counts.cancelled
        guard count > 0 else { return "no record was left to be sent" }
        let text = "\(NumberFormat.count(count, "record")) will not be sent"
        guard isIngested else { return text }
        let all = count == 1 ? "it" : "them"
        return "\(text); \(Hint.rerun(batch: name, status: "cancelled")) would send \(all) after all"
    }

    /// The commands that send what is left of a batch that is over, and nothing that was answered; nil where nothing is
    /// left that could be sent.
    var waysToSendRest: String? {
        guard isIngested else { return nil }
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

    private func sends(_ records: String) -> String { records.isEmpty ? "goes on with it" : "sends \(records)" }
}
