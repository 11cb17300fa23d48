import Basics
import Foundation
import JobRunner
import RecordStore
import Settings

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

/// Does what somebody who is signed in wants of a batch, through the commands' own functions and the daemon's own
/// database.
struct BatchActions: Sendable {
    let context: DaemonContext

    /// Who acts, as the audit has it.
    static let actor = "operator (page)"

    private var place: Installation { context.configuration.place }

    /// What an action would do.
    ///
    /// - Throws: `OperationFailure` (78) where the batch's job is wrong; `StoreError`.
    func preview(_ action: BatchAction, of batch: Batch, _ scope: ActionScope) async throws -> ActionPreview {
        if let command = action.command {
            let sends = [.start, .resume].contains(command) && batch.isIngested
            let spending = spending(of: batch)
            let estimate = sends ? try await spending.estimate(of: batch) : nil
            let left = sends ? try await spending.callsLeft(of: batch, under: context.settings) : nil
            let hold = try await context.store.restoreHold().flatMap { $0.covers(batch.id) ? $0 : nil }
            var preview = ActionPreview(
                command, on: batch, estimate ?? Estimate(calls: 0, rate: 1, pricing: nil), after: hold,
                within: left, attempts: spending.job.retry.attempts)
            if command == .resume, let reset = try await context.store.resumptions()[batch.id] {
                preview.notes.append(
                    "a cap paused it until \(NumberFormat.time(reset)); to go on before, raise the cap in limits and send "
                        + "SIGHUP to the daemon first")
            }
            return preview
        }
        if action == .resolve {
            var selection = scope.selection
            selection.includesForgotten = true
            return ActionPreview(
                resolving: try await SelectedInDoubt(selection, of: batch.id, in: context.store), of: batch)
        }
        do {
            try await context.store.refusePurgedRows(of: batch.id)
        } catch let error as StoreError where error.code == .purged {
            var preview = ActionPreview()
            preview.obstacle = error.message
            return preview
        }
        let spending = spending(of: batch)
        return ActionPreview(
            try await RequeueProposal(scope.selection, of: batch, spending), of: batch,
            within: try await spending.callsLeft(of: batch, under: context.settings),
            attempts: spending.job.retry.attempts)
    }

    /// Does it.
    ///
    /// - Returns: What was done, in the commands' words.
    /// - Throws: `OperationFailure` where it cannot be done; `StoreError`.
    func perform(_ action: BatchAction, on batch: Batch, _ scope: ActionScope) async throws -> [String] {
        let notes = CollectedNotes()
        let console = Console.collecting(notes)
        let session = OperatorSession(place, store: context.store, actor: Self.actor, console: console)
        if let command = action.command {
            _ = try await BatchCommandOperation(
                command, batch: batch.name, config: place.settings.path, json: false, console: console
            ).perform(in: session)
        } else if action == .resolve {
            try await ResolveOperation(
                ResolveRequest(
                    batch: batch.name, config: place.settings.path, line: scope.lines?.lowerBound, decision: .failed),
                console: console
            ).perform(in: session)
        } else {
            try await rerun(batch, scope, session)
        }
        context.batchWakeSignal.wakeUp()
        return notes.lines
    }

    private func rerun(_ batch: Batch, _ scope: ActionScope, _ session: OperatorSession) async throws {
        try place.requireJob(of: batch, inDaemon: getpid())
        let requeueing = Requeueing(
            store: context.store, client: context.client.client,
            requireEncryptedAnswers: context.settings.api.requireEncryptedAnswers,
            provenance: try session.provenance(), spending: spending(of: batch), console: session.console)
        do {
            let found = try await requeueing.perform(scope.selection, of: batch, yes: true)
            let queued = try await context.store.batch(batch.id)
            let step = RerunStep(queued, selected: found.rerun.records, recovered: found.recovered)
            if let notice = step.notice(continuation: "the daemon continues with them") {
                session.console.note("\(batch.name): \(notice)")
            }
        } catch let error as RequeueRefusal {
            throw error.failure
        }
    }

    private func spending(of batch: Batch) -> Spending {
        let job = context.configuration.job(named: batch.job) ?? place.jobOrSettings(of: batch)
        return Spending(store: context.store, job: job, pricing: place.pricing, clock: context.clock)
    }
}
