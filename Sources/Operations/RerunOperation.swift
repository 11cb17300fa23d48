import Foundation
import JobRunner
import RecordStore
import Settings

/// `rollcall rerun`: sends a batch's failed records again and, with a person's word, those in doubt.
public struct RerunOperation: Sendable {
    private let request: RerunRequest
    private let console: Console

    /// Describes the re-run.
    public init(_ request: RerunRequest, console: Console = .standard) {
        self.request = request
        self.console = console
    }

    /// Queues the selected records, sends them and writes the results anew.
    public func perform() async throws -> ExitStatus {
        let selection = try selection()
        let place = try Workplace(config: request.config)
        let named = try jobName(in: place)
        let job = try place.job(named == JobDefinition.unnamed ? nil : named)
        let stop = StopSignal()
        // A person chose which records are sent again; the policy adds none.
        let session = try RunSession(
            place: place, job: job, rate: nil, out: request.out, stop: stop, console: console, holdsInDoubt: true)
        return try await SignalledWork.run(stop: stop, console: console) {
            let status = try await rerun(selection, in: session)
            try await session.close()
            return status
        }
    }

    private func rerun(_ selection: RequeueSelection, in session: RunSession) async throws -> ExitStatus {
        let batch = try session.store.batchOrFailure(request.batch)
        guard ![.ingesting, .awaitingConfirmation].contains(batch.state) else {
            throw OperationFailure(
                .unfinished, "\(batch.name) is \(batch.state.rawValue); run its file again to go on with it")
        }
        let recovered = selection.statuses.contains(.inDoubt) ? try await recover(batch, in: session) : 0
        let doubted = request.yes ? 0 : try doubted(selection, of: batch, in: session.store)
        guard doubted == 0 else {
            if recovered > 0 { _ = try session.conclude(batch.id, end: .completed, json: request.json) }
            throw doubleBilling(doubted, of: batch)
        }
        let count = try await session.store.requeue(batch.id, selection)
        try await note(count, selection, batch, session)
        guard count + recovered + batch.counts.queued > 0 else {
            console.note("\(batch.name): no record matches; nothing to send")
            return Verdict.status(of: try session.store.batch(batch.id).counts)
        }
        if count > 0 { console.note("\(batch.name): \(Figures.count(count, "record")) queued again") }
        return try await session.run(batch.id, json: request.json)
    }

    private func recover(_ batch: Batch, in session: RunSession) async throws -> Int {
        let recovered = try await Recovery(session: session).recover(batch.id)
        if recovered > 0 {
            console.note("\(batch.name): \(Figures.count(recovered, "kept answer")) can be read now; no call")
        }
        return recovered
    }

    /// How many of the selected records may have been billed already.
    private func doubted(_ selection: RequeueSelection, of batch: Batch, in store: RecordStore) throws -> Int {
        guard selection.statuses.contains(.inDoubt) else { return 0 }
        var count = 0
        try store.forEachRecord(batch.id, statuses: [.inDoubt], lines: selection.lines) { view in
            if selection.reasonCode == nil || selection.reasonCode == view.reasonCode { count += 1 }
        }
        return count
    }

    private func doubleBilling(_ count: Int, of batch: Batch) -> OperationFailure {
        OperationFailure(
            .unfinished,
            "\(batch.name): \(Figures.count(count, "record")) in doubt may have been billed already; "
                + "sending them again may bill as many calls a second time. Add --yes to do so")
    }

    private func note(_ count: Int, _ selection: RequeueSelection, _ batch: Batch, _ session: RunSession) async throws {
        let statuses = selection.statuses.map(\.rawValue).sorted().joined(separator: ",")
        try await session.store.recordAction(
            Action(
                at: Int64(Date().timeIntervalSince1970 * 1_000), batch: batch.id, name: "rerun",
                detail: "\(statuses): \(count) records", provenance: session.provenance))
    }

    private func selection() throws -> RequeueSelection {
        let statuses = try StatusList.statuses(in: request.statuses)
        let refused = statuses.subtracting([.failed, .inDoubt])
        guard refused.isEmpty, !statuses.isEmpty else {
            throw OperationFailure(.usage, "rerun takes failed and in_doubt records; others are never sent again")
        }
        return RequeueSelection(
            statuses: statuses, reasonCode: request.reason, lines: try request.lines.map(StatusList.lines))
    }

    /// The batch was taken in under a job, whose limits apply again.
    private func jobName(in place: Workplace) throws -> String {
        let store = try place.storeForReading()
        defer { try? store.close() }
        return try store.batchOrFailure(request.batch).job
    }
}
