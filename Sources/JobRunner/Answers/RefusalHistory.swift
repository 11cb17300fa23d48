import RecordStore

/// Which of a batch's records were refused because of how this side seems to be configured, and whether others were
/// answered meanwhile: then these records are the cause. A pure value.
struct RefusalHistory: Sendable {
    private var answers = 0
    /// How many answers had come when a record was first refused.
    private var answersBefore: [RecordID: Int] = [:]
    private var refusedProbe: RecordID?
    /// What the other side said when it last refused a probe.
    private(set) var lastText: String?

    /// Whether the last probe that was sent with one of these records was refused.
    var isProbeRefused: Bool { refusedProbe != nil }

    /// Whether others were answered since the record of the last refused probe was refused for the first time.
    var wereOthersAnswered: Bool {
        guard let refusedProbe, let before = answersBefore[refusedProbe] else { return false }
        return answers > before
    }

    /// Records how a call with a record ended, in the order in which the ends arrive.
    mutating func take(_ sign: Outcome.GateSignal?, of record: RecordID, isProbe: Bool, errorText: String?) {
        if isProbe { refusedProbe = nil }
        switch sign {
        case .answered:
            answers += 1
            answersBefore[record] = nil
        case .misconfigured:
            answersBefore[record] = answersBefore[record] ?? answers
            guard isProbe else { return }
            (refusedProbe, lastText) = (record, errorText)
        case .trouble, nil: break
        }
    }
}
