import RecordStore

/// What a re-run does once the selected records are queued: it sends these and nothing else. A pure rule.
enum RerunStep: Equatable {
    /// Nothing now: the batch stands still, and a person's word sends them. How, as the end of a sentence.
    case wait(String)
    /// Send the selected records, and leave so many others waiting.
    case send(leaving: Int)
    /// Write the results anew: answers that were kept can be read now, and nothing is to be sent.
    case conclude
    /// Nothing is selected; so many others wait.
    case nothing(waiting: Int)

    /// Decides.
    ///
    /// - Parameters:
    ///   - batch: The batch as it is after the selected records were queued.
    ///   - selected: How many these are.
    ///   - recovered: Records whose kept answer could be read without a call.
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
    /// What is said of it; nil where nothing need be said.
    ///
    /// - Parameter goesOn: What sends the others that wait.
    /// - Returns: The rest of the line that begins with the batch's name.
    func notice(goesOn: String) -> String? {
        switch self {
        case .wait(let text): text
        case .send(leaving: 0), .conclude: nil
        case .send(let others):
            "\(NumberFormat.count(others, "other record")) waiting there \(others == 1 ? "is" : "are") not sent; \(goesOn)"
        case .nothing(waiting: 0): "no record matches; nothing to send"
        case .nothing(let others):
            "no record matches; nothing to send; \(NumberFormat.count(others, "record")) waiting there: \(goesOn)"
        }
    }
}
