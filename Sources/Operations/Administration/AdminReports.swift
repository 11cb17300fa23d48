import Basics
import JobRunner
import RecordStore
import Results
import Settings

/// What scripts ask below `/api/v1`: the JSON of the commands of the same names.
struct AdminReports {
    let context: DaemonContext

    /// Answers.
    ///
    /// - Throws: `OperationFailure` for what is not there or cannot be done; `StoreError`.
    func answer(_ api: AdminAPI, _ visit: AdminRoutes.Visit) async throws -> AdminAnswer {
        let (store, place) = (context.store, context.configuration.place)
        switch api {
        case .status: return .json(try await status())
        case .batch(let name):
            let outlooks = try await BatchOutlooks(place, store, at: context.clock.now)
            return .json(try await BatchStatus(store.batchOrFailure(name), outlooks))
        case .action(let name, let action): return try await act(action, on: store.batchOrFailure(name), visit)
        case .ledger:
            let zone = place.settings.limits.timeZone
            let today = CallDay(at: context.clock.now, in: zone)
            let days = try LedgerPage.days(try visit.request.parameters, today: today)
            return .json(try await PeriodLedger(days, store: store, pricing: place.pricing, zone: zone))
        case .jobs: return .json(try await JobsPage.listings(context))
        case .doctor:
            let doctor = DoctorOperation(
                config: place.settings.path, oneCall: false, json: true, console: .silent)
            return .json(await doctor.examine())
        }
    }

    private func status() async throws -> StatusReport {
        let (store, place) = (context.store, context.configuration.place)
        let outlooks = try await BatchOutlooks(place, store, at: context.clock.now).knowingCosts()
        let resumptions = try await store.resumptions()
        var statuses: [BatchStatus] = []
        for batch in try await store.batches() {
            statuses.append(try await BatchStatus(batch, resumesAt: resumptions[batch.id], outlooks))
        }
        return StatusReport(
            runner: RunnerReport(outlooks.runner, RunnerStatus(of: context), store.storageCondition),
            restore: try await store.restoreHold().map(StatusReport.Restore.init),
            nodes: try await store.nodesIfShared()?.map(NodeLine.init), batches: statuses)
    }

    /// By GET what it would do, by POST it is done.
    private func act(_ action: BatchAction, on batch: Batch, _ visit: AdminRoutes.Visit) async throws -> AdminAnswer {
        let isWanted = visit.request.method == "POST"
        let values = isWanted ? visit.form.fields : try AdminForm(urlEncoded: visit.request.query).fields
        let (scope, actions) = (try ActionScope(action, values), BatchActions(context: context))
        let preview = try await actions.preview(action, of: batch, scope)
        guard isWanted else { return .json(Proposal(preview)) }
        if let obstacle = preview.obstacle { throw OperationFailure(.unfinished, obstacle) }
        guard preview.possibleDoubleBills == 0 || visit.form["agreed"] == "yes" else {
            throw OperationFailure(
                .unfinished,
                "\(NumberFormat.count(preview.possibleDoubleBills, "call")) may be billed twice; agreed=yes does it")
        }
        _ = try await actions.perform(action, on: batch, scope)
        let outlooks = try await BatchOutlooks(context.configuration.place, context.store, at: context.clock.now)
        return .json(try await BatchStatus(context.store.batch(batch.id), outlooks))
    }

    /// What an action would do.
    private struct Proposal: Encodable {
        let records: Int
        let calls: Int
        let cost: Cost?
        let seconds: Double
        let possibleDoubleBills: Int
        let notes: [String]
        let obstacle: String?

        init(_ preview: ActionPreview) {
            (records, calls, cost, seconds) = (preview.records, preview.calls, preview.cost, preview.seconds)
            (possibleDoubleBills, notes, obstacle) = (preview.possibleDoubleBills, preview.notes, preview.obstacle)
        }

        private enum CodingKeys: String, CodingKey {
            case records, calls, cost, seconds, notes, obstacle
            case possibleDoubleBills = "possible_double_bills"
        }
    }
}
