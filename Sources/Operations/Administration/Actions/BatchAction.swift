import RecordStore

/// What somebody who is signed in can do with a batch.
enum BatchAction: String, Sendable, CaseIterable {
    case start
    case pause
    case resume
    case cancel
    case rerun
    case resolve

    /// What a button says.
    var title: String {
        switch self {
        case .start: "Start"
        case .pause: "Pause"
        case .resume: "Resume"
        case .cancel: "Cancel"
        case .rerun: "Send again"
        case .resolve: "Resolve as failed"
        }
    }

    /// The command of the command line, where it is one of those for a whole batch.
    var command: BatchCommand? { BatchCommand(rawValue: rawValue) }

    /// What makes sense for a batch as it stands, the likeliest first. A pure rule.
    static func offered(for batch: Batch) -> [BatchAction] {
        var actions: [BatchAction] =
            switch batch.state {
            case .ingesting: [.pause, .cancel]
            case .awaitingConfirmation: [.start, .cancel]
            case .running: [.pause, .cancel]
            case .paused, .halted: [.resume, .cancel]
            case .completed, .cancelled, .rejected: []
            }
        let again = batch.counts.failed + batch.counts.inDoubt + batch.counts.cancelled
        if again > 0, batch.isIngested, batch.purged.payloads == nil, batch.reasonNotToRerun == nil {
            actions.append(.rerun)
        }
        if batch.counts.inDoubt > 0, batch.isIngested { actions.append(.resolve) }
        return actions
    }
}

/// Which records an action concerns, as a form says it.
struct ActionScope: Sendable, Equatable {
    /// Of ``RecordStatus/failed``, ``RecordStatus/inDoubt`` and ``RecordStatus/cancelled``.
    var statuses: Set<RecordStatus>
    /// Only records with this reason code; nil: any.
    var reason: String?
    /// Only records that begin at these lines; nil: all.
    var lines: ClosedRange<Int>?

    /// Reads what was chosen.
    ///
    /// - Parameters:
    ///   - action: What is to be done.
    ///   - values: The values by field; where no status is given, it is those that failed.
    /// - Throws: `InvalidAdminValue` that says what is wrong with a value.
    init(_ action: BatchAction, _ values: [String: [String]]) throws {
        let named = (values["status"] ?? []).filter { !$0.isEmpty }
        let chosen = named.isEmpty ? [RecordStatus.failed.rawValue] : named
        statuses = try InvalidAdminValue.reading {
            action == .resolve ? [.inDoubt] : try RecordArguments.statuses(in: chosen.joined(separator: ","))
        }
        guard statuses.isSubset(of: Self.all) else {
            throw InvalidAdminValue(message: "only failed, in_doubt and cancelled records are sent again")
        }
        reason = values["reason"]?.first.flatMap { $0.isEmpty ? nil : $0 }
        let given = values["lines"]?.first ?? ""
        lines = try InvalidAdminValue.reading { given.isEmpty ? nil : try RecordArguments.lines(in: given) }
        guard action != .resolve || lines.map({ $0.count == 1 }) ?? true else {
            throw InvalidAdminValue(message: "all lines in doubt can be resolved at once, or one of them")
        }
    }

    static let all: Set<RecordStatus> = [.failed, .inDoubt, .cancelled]

    var selection: RequeueSelection {
        RequeueSelection(statuses: statuses, reasonCode: reason, lines: lines)
    }

    /// `12-40`, or `12` where it is one line; nil: all lines.
    var linesText: String? {
        lines.map { $0.count == 1 ? "\($0.lowerBound)" : "\($0.lowerBound)-\($0.upperBound)" }
    }
}
