import Foundation
import RecordStore
import Results
import Settings

/// `rollcall resolve`: a person decides what becomes of records in doubt.
public struct ResolveOperation: Sendable {
    private let request: ResolveRequest
    private let console: Console

    /// Describes the decision.
    public init(_ request: ResolveRequest, console: Console = .standard) {
        self.request = request
        self.console = console
    }

    /// Settles the records, keeps the decision and who made it, and writes the results of a finished batch anew.
    public func perform() async throws -> ExitStatus {
        let place = try Workplace(config: request.config)
        let session = try OperatorSession(place, console: console)
        let batch = try session.store.batchOrFailure(request.batch)
        let doubted = try doubted(batch, session.store)
        switch request.decision {
        case .failed: try await fail(batch, in: session)
        case .queued: try await queue(doubted, of: batch, in: session)
        }
        try await session.close()
        return .succeeded
    }

    private var lines: ClosedRange<Int>? { request.line.map { $0...$0 } }

    /// The records that the decision is about.
    private func doubted(_ batch: Batch, _ store: RecordStore) throws -> Doubted {
        guard batch.isIngested else {
            throw OperationFailure(.unfinished, "\(batch.name) is \(batch.state.rawValue); nothing of it was sent yet")
        }
        var doubted = Doubted()
        try store.forEachRecord(batch.id, statuses: [.inDoubt], lines: lines) { view in
            doubted.records += 1
            if !view.isHeld { doubted.perhapsBilled += 1 }
        }
        guard doubted.records == 0 else { return doubted }
        guard let line = request.line else {
            throw OperationFailure(.unfinished, "\(batch.name): no record is in doubt; there is nothing to resolve")
        }
        let status = try store.record(RecordID(batch: batch.id, line: line))?.status.rawValue
        throw OperationFailure(
            .unfinished,
            "\(batch.name): line \(line) " + (status.map { "is \($0), not in doubt" } ?? "begins no record")
                + "; there is nothing to resolve")
    }

    private func fail(_ batch: Batch, in session: OperatorSession) async throws {
        let provenance = try session.place.operatorProvenance()
        let scope = scope
        let count = try await session.store.resolveAsFailed(
            batch.id, lines: lines, reason: "resolved as failed by hand; whether it was billed is not known"
        ) { count in
            Action(
                at: Int64(Date().timeIntervalSince1970 * 1_000), batch: batch.id, name: "resolve",
                detail: "\(scope) as failed: \(Figures.count(count, "record"))", provenance: provenance)
        }
        console.note("\(batch.name): \(Figures.count(count, "record")) in doubt resolved as failed")
        try await writeResults(of: session.store.batch(batch.id), by: provenance, in: session)
    }

    private func queue(_ doubted: Doubted, of batch: Batch, in session: OperatorSession) async throws {
        guard request.yes || doubted.perhapsBilled == 0 else {
            throw OperationFailure(
                .unfinished,
                "\(batch.name): \(Figures.count(doubted.perhapsBilled, "record")) in doubt may have been billed already; "
                    + "sending them again may bill as many calls a second time. Add --yes to do so")
        }
        let count = try await session.store.requeue(
            batch.id, RequeueSelection(statuses: [.inDoubt], lines: lines))
        try await session.note(
            "resolve", of: batch.id, detail: "\(scope) as queued: \(Figures.count(count, "record"))")
        console.note("\(batch.name): \(Figures.count(count, "record")) queued again; \(try session.whoGoesOn())")
    }

    private var scope: String { request.line.map { "line \($0)" } ?? "all in doubt" }

    private func writeResults(
        of batch: Batch, by provenance: Provenance, in session: OperatorSession
    ) async throws {
        guard batch.state == .completed else { return }
        let place = session.place
        let named = batch.job == JobDefinition.unnamed ? nil : batch.job
        let job = try place.job(named)
        let results = BatchResults(
            store: session.store, pricing: place.pricing, place: ResultsPlace(job, settings: place.settings),
            timeZone: job.limits.timeZone)
        let written = try await results.publish(batch, by: { provenance }, console: console)
        console.note("\(batch.name): results written anew in \(written.paths.folder)")
    }
}

/// How many records a decision is about.
private struct Doubted {
    var records = 0
    /// Those that may have been billed: the others were never sent.
    var perhapsBilled = 0
}
