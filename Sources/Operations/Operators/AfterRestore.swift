import Basics
import Foundation
import JobRunner
import RecordStore
import Settings

extension RestoreHold {
    /// Why a batch waits, and what ends it.
    var text: String {
        "the database was restored, and nobody knows what had been sent since the copy was made (\(reason)): "
            + "its lines may have been paid before; \(Hint.resumeAfterRestore) lets them go"
    }
}

extension RecordStore {
    /// The command that lets a batch go on that waits for a person's word.
    ///
    /// - Throws: `StoreError` when the database cannot be read.
    func hint(toStart batch: Batch) throws -> Hint {
        try restoreHold()?.covers(batch.id) == true ? .resumeAfterRestore : .start(batch: batch.name)
    }
}

/// `rollcall resume --after-restore`: a person takes it upon them that lines are sent which may have been sent before a
/// restore of which nobody knows what it lost.
public struct AfterRestoreOperation: Sendable {
    private let config: String
    private let json: Bool
    private let console: Console

    /// Describes the command.
    public init(config: String, json: Bool, console: Console = .standard) {
        self.config = config
        self.json = json
        self.console = console
    }

    /// Says what may be paid twice, then lets the waiting batches go, each under its job's own rules of confirmation.
    public func perform() async throws -> ExitStatus {
        let place = try Installation(config: config)
        // Who runs the database has put it right already.
        if try place.runner() == .nobody { try place.storeForRunning(place.operatorProvenance()).close() }
        let session = try OperatorSession(place, console: console)
        guard let hold = try session.store.restoreHold() else {
            console.note("nothing waits since a restore: every call is known that was made")
            try await session.close()
            return .succeeded
        }
        let waiting = try session.store.unfinishedBatches().filter {
            hold.covers($0.id) && $0.state == .awaitingConfirmation
        }
        try await tell(hold, waiting, session)
        _ = try await session.store.releaseRestoreHold(noting: session.action("resume_after_restore", of: nil))
        for batch in waiting { try await admit(batch, in: session) }
        if json {
            let outlooks = try BatchOutlooks(place, session.store)
            let batches = try waiting.map { try BatchStatus(session.store.batch($0.id), outlooks) }
            console.output(JSONText.text(of: batches))
        }
        try await session.close()
        return .succeeded
    }

    private func tell(_ hold: RestoreHold, _ waiting: [Batch], _ session: OperatorSession) async throws {
        console.note(
            "found at \(NumberFormat.time(hold.since)): the database was restored, and nobody knows what had been sent since "
                + "the copy was made (\(hold.reason))")
        for batch in waiting {
            let estimate = try await spending(on: batch, session).estimate(of: batch)
            console.note("\(batch.name) waits: up to \(estimate.text) may be paid twice")
        }
        console.note(
            "from now on files are sent as usual: whatever of them was sent before the restore is paid twice"
                + (waiting.isEmpty ? "; no batch waits" : ""))
    }

    private func spending(on batch: Batch, _ session: OperatorSession) -> Spending {
        Spending(store: session.store, job: session.place.jobOrSettings(of: batch), pricing: session.place.pricing)
    }

    /// What else a batch waits for, it goes on waiting for.
    private func admit(_ batch: Batch, in session: OperatorSession) async throws {
        let admission = try await spending(on: batch, session).admission(of: batch)
        if let reason = admission.reason {
            try await session.store.renewReason(reason, ofWaiting: batch.id)
            console.note("\(batch.name): \(reason); \(Hint.start(batch: batch.name)) agrees to it")
        } else if try await session.store.moveBatch(
            batch.id, from: [.awaitingConfirmation], to: .running, reason: nil,
            noting: session.action("start", of: batch.id))
        {
            console.note("\(batch.name): started; \(try session.continuingRunner())")
        }
    }
}
