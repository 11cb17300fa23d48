import Basics
import Foundation
import RecordStore
import Results
import Settings

/// `rollcall resolve`: an operator decides what becomes of records in doubt.
package struct ResolveOperation: Sendable {
    private let request: ResolveRequest
    private let console: Console

    /// Describes the decision.
    package init(_ request: ResolveRequest, console: Console = .standard) {
        self.request = request
        self.console = console
    }

    /// Settles the records, stores the decision and who made it, and rewrites the results of a finished batch.
    package func perform() async throws -> ExitStatus {
        let place = try Installation(config: request.config)
        try await OperatorSession.with(place, console: console) { try await perform(in: $0) }
        return .succeeded
    }

    /// The same in a session that is open.
    ///
    /// - Throws: `OperationFailure` (3) where there is nothing to decide, or somebody has to agree first; `StoreError`.
    func perform(in session: OperatorSession) async throws {
        let batch = try await session.store.batchOrFailure(request.batch)
        switch request.decision {
        case .failed:
            try await requireAnyInDoubt(batch, session.store)
            // Found before anything is decided: a job's file may be invalid or missing.
            let job = try session.place.job(of: batch, console: console)
            try await fail(batch, under: job, in: session)
        case .queued: try await queue(inDoubtSummary(batch, session.store), of: batch, in: session)
        }
    }

    private var lines: ClosedRange<Int>? { request.line.map { $0...$0 } }

    /// Records that nobody can read any more, as in a copy restored from before their key was destroyed, need not stay in
    /// doubt.
    private func requireAnyInDoubt(_ batch: Batch, _ store: RecordStore) async throws {
        do {
            _ = try await inDoubtSummary(batch, store)
        } catch let error as StoreError where error.code == .purged && batch.counts.inDoubt > 0 {
            console.note("\(error.message)")
        }
    }

    /// The records that the decision is about.
    private func inDoubtSummary(_ batch: Batch, _ store: RecordStore) async throws -> SelectedInDoubt {
        guard batch.isIngested else {
            throw OperationFailure(
                .unfinished,
                "\(batch.name) is \(batch.state.rawValue); "
                    + (batch.state.isFinished
                        ? batch.wayToReadAgain ?? ""
                        : "nothing of it can be decided before its file was read to its end"))
        }
        let inDoubtSummary = try await SelectedInDoubt(
            RequeueSelection(
                statuses: [.inDoubt], lines: lines, includesForgotten: request.decision == .failed),
            of: batch.id, in: store)
        guard inDoubtSummary.records == 0 else { return inDoubtSummary }
        guard inDoubtSummary.forgotten == 0 else {
            let failed = Hint.resolve(batch: batch.name, line: request.line, decision: "failed")
            throw OperationFailure(
                .unfinished,
                "\(batch.name): of \(scope) nothing is left to be sent, because the person was forgotten; \(failed) ends the doubt"
            )
        }
        guard let line = request.line else {
            throw OperationFailure(.unfinished, "\(batch.name): no record is in doubt; there is nothing to resolve")
        }
        let status = try await store.record(RecordID(batch: batch.id, line: line))?.status.rawValue
        throw OperationFailure(
            .unfinished,
            "\(batch.name): line \(line) " + (status.map { "is \($0), not in doubt" } ?? "begins no record")
                + "; there is nothing to resolve")
    }

    private func fail(_ batch: Batch, under job: JobDefinition, in session: OperatorSession) async throws {
        let provenance = try session.provenance()
        let scope = scope
        let count = try await session.store.resolveAsFailed(
            batch.id, lines: lines, reason: "resolved as failed by hand; whether it was billed is not known",
            heldReason: "resolved as failed by hand; held and not sent, an identical record may have been billed"
        ) { count in
            Action(
                at: WallTime.now(), batch: batch.id, name: .resolve,
                detail: "\(scope) as failed: \(NumberFormat.count(count, "record"))", provenance: provenance)
        }
        console.note("\(batch.name): \(NumberFormat.count(count, "record")) in doubt resolved as failed")
        try await writeResults(of: session.store.batch(batch.id), under: job, by: provenance, in: session)
    }

    private func queue(_ inDoubtSummary: SelectedInDoubt, of batch: Batch, in session: OperatorSession) async throws {
        let reasons = [
            InDoubtMessages.billedTwice(inDoubtSummary.own), InDoubtMessages.perhapsBilledTwice(inDoubtSummary.own),
        ].compactMap { $0 }
        if !request.yes, !reasons.isEmpty {
            throw OperationFailure(
                .unfinished, "\(batch.name): \(reasons.joined(separator: "; ")). Add --yes to do so")
        }
        if let answered = InDoubtMessages.billedTwice(inDoubtSummary.own) {
            session.console.note("\(batch.name): \(answered)")
        }
        if let held = InDoubtMessages.held(inDoubtSummary.heldByOthers) {
            if inDoubtSummary.areAllHeldByOthers { throw OperationFailure(.unfinished, "\(batch.name): \(held)") }
            session.console.note("\(batch.name): \(held)")
        }
        let count = try await session.store.requeue(
            batch.id, RequeueSelection(statuses: [.inDoubt], lines: lines))
        try await session.note(
            .resolve, of: batch.id, detail: "\(scope) as queued: \(NumberFormat.count(count, "record"))")
        let queued = try await session.store.batch(batch.id)
        let nextStepText =
            if let text = queued.nextStepText(queuedAgain: count) { text } else {
                try await continuation(queued, count, session)
            }
        console.note("\(batch.name): \(NumberFormat.count(count, "record")) queued again; \(nextStepText)")
    }

    /// Which process sends them, and with what else; if none does, how to send them alone.
    private func continuation(_ batch: Batch, _ count: Int, _ session: OperatorSession) async throws -> String {
        let others = batch.counts.queued - count
        guard others > 0, try await session.place.runner() == .nobody else {
            return try await session.continuingRunner()
        }
        let alone = Hint.rerun(
            batch: batch.name, status: "in_doubt", lines: request.line.map { "\($0)-\($0)" })
        return try await session.continuingRunner()
            + ", and sends \(NumberFormat.count(others, "other record")) waiting there, too; "
            + "\(alone) sends what was resolved and nothing else"
    }

    private var scope: String { request.line.map { "line \($0)" } ?? "all in doubt" }

    private func writeResults(
        of batch: Batch, under job: JobDefinition, by provenance: Provenance, in session: OperatorSession
    ) async throws {
        guard batch.state == .completed else { return }
        let place = session.place
        let results = BatchResults(
            store: session.store, pricing: place.pricing, place: ResultsLocation(job, settings: place.settings))
        do {
            let written = try await results.publish(batch, by: { provenance }, console: console)
            console.note("\(batch.name): results written again in \(written.paths.folder)")
        } catch let error as StoreError where error.code == .purged {
            console.note("its results are not written again: \(error.message)")
        }
    }
}

/// What `rollcall resolve` is to do.
package struct ResolveRequest: Sendable {
    /// What becomes of records in doubt.
    package enum Decision: String, Sendable, CaseIterable {
        /// They count as failed.
        case failed
        /// They are sent again, and possibly billed a second time.
        case queued
    }

    /// The batch's name or number.
    package var batch: String
    /// The settings file.
    package var config: String
    /// The line at which the record starts; nil: all in doubt.
    package var line: Int?
    /// What becomes of them.
    package var decision: Decision
    /// Whether records that may have been billed may be sent again.
    package var yes: Bool

    /// Describes the decision.
    package init(batch: String, config: String, line: Int?, decision: Decision, yes: Bool = false) {
        self.batch = batch
        self.config = config
        self.line = line
        self.decision = decision
        self.yes = yes
    }
}
