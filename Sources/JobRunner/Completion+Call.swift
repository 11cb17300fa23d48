internal import Basics
internal import RecordStore

extension Completion {
    /// How a call ended, with what becomes of its record.
    init(_ call: Call, _ reply: Reply, _ outcome: Outcome, next: NextStep, endedAt instant: Instant) {
        let (status, keptBytes, failure) = reply.parts
        self.init(
            attempt: call.record.attempt, record: call.record.id, outcome: outcome.kind.rawValue,
            cause: failure?.rawValue, httpStatus: status.flatMap { (100...999).contains($0) ? $0 : nil },
            reasonCode: reply.reasonCode, correlationID: reply.correlationID, requestRefID: reply.requestRefID,
            errorText: reply.errorText(outcome, status, next: next, spent: call.record.spentAttempts),
            answer: keptBytes, hasWarnings: reply.hasWarnings || outcome.note != nil, startedAt: call.startedAt.wall,
            finishedAt: call.end(at: instant), next: next, billable: outcome.billable)
    }

    /// A record whose request could not be rebuilt: failed, no call made.
    init(notBuilt call: Call, reason: String, endedAt instant: Instant) {
        self.init(
            attempt: call.record.attempt, record: call.record.id, outcome: Outcome.Kind.unsent.rawValue,
            cause: "not_built",
            errorText: "The request could not be rebuilt from the stored line; no call was made: \(reason)",
            startedAt: call.startedAt.wall, finishedAt: call.end(at: instant), next: .failed, billable: .no)
    }

    /// A record claimed and not sent, because the way was closed meanwhile.
    init(notStarted record: ClaimedRecord, at now: Int64) {
        self.init(
            attempt: record.attempt, record: record.id, outcome: Outcome.Kind.unsent.rawValue,
            cause: "not_started", startedAt: now, finishedAt: now, next: .release, billable: .no)
    }

    /// When the record is ready again, in milliseconds since 1970 UTC by the ``RetryClock``; nil when it isn't queued.
    var readyAt: Int64? {
        switch next {
        case .retry(let notBefore, _): notBefore
        case .release: 0
        case .last, .succeeded, .failed, .inDoubt: nil
        }
    }
}

extension Reply {
    /// What is kept as the record's error: for a success its warning, if any.
    fileprivate func errorText(_ outcome: Outcome, _ status: Int?, next: NextStep, spent: Int) -> String? {
        guard outcome.kind != .succeeded else { return outcome.note }
        let text = outcome.note ?? errorText ?? status.map { "The API answered with status \($0)" } ?? "No answer came"
        let detailed = details.map { "\(text) (\($0))" } ?? text
        guard next == .failed else { return detailed }
        switch outcome.kind {
        case .transient: return "\(detailed); given up after \(Counted.things(spent + 1, "attempt"))"
        case .overloaded: return "\(detailed); given up, for others were answered all the while"
        default: return detailed
        }
    }
}
