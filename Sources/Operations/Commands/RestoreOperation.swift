package import Basics
import Foundation
import JobRunner
import RecordStore
import Settings

/// `rollcall restore`: puts a copy in the database's place, and says what that may cost.
package struct RestoreOperation: Sendable {
    private let file: String
    private let config: String
    private let console: Console
    private let now: WallTime

    /// Names the copy to be put back; `now` is the time by which ages are judged.
    package init(file: String, config: String, console: Console = .standard, now: WallTime = .now()) {
        self.file = file
        self.config = config
        self.console = console
        self.now = now
    }

    /// Puts the copy in place; the database that was there is kept beside it.
    package func perform() async throws -> ExitStatus {
        let place = try Installation(config: config)
        try place.requireFile(for: "restore")
        let provenance = try place.operatorProvenance()
        let action = Action(
            at: now, batch: nil, name: .restore, detail: URL(filePath: file).lastPathComponent,
            provenance: provenance)
        let rules = place.retentionRules
        let report = try await place.database.restore(
            from: file, noting: action, always: !rules.keepEverything
        ) { copy in
            var erasure = try await ForgottenAgain(store: copy).perform()
            try await RetentionInCopy(store: copy, rules: rules, provenance: provenance)
                .perform(at: now, addingTo: &erasure)
            return erasure
        }
        for line in RestoreText.lines(report, file: file, database: place.settings.database) { console.note(line) }
        return .succeeded
    }
}

/// What a restored copy does not contain, and what that may cost, in words.
enum RestoreText {
    static func lines(_ report: RestoreReport, file: String, database: String) -> [String] {
        var lines = ["\(file) is now the database \(database)"]
        if let setAside = report.setAside { lines.append("the database that was there is kept as \(setAside)") }
        let further = [
            unreadable(report), keys(report), forgotten(report), purged(report), notLookedThrough(report),
            notPurged(report), missing(report), next(report),
        ]
        return lines + further.compactMap(\.self)
    }

    private static func unreadable(_ report: RestoreReport) -> String? {
        guard !report.destroyedMonths.isEmpty else { return nil }
        return
            "of the batches of \(report.destroyedMonths.joined(separator: ", ")) it has the ledger only: the keys of these "
            + "months were destroyed since the copy was made"
    }

    private static func keys(_ report: RestoreReport) -> String? {
        guard !report.missingKeys.isEmpty else { return nil }
        let names = report.missingKeys.map { "periods/\($0).key" }.joined(separator: ", ")
        return
            "\(names) \(Counted.verb(report.missingKeys.count)) missing from keys_folder: put back your copies; "
            + "their months' batches cannot be read without"
    }

    private static func forgotten(_ report: RestoreReport) -> String? {
        guard report.erasure.records > 0 else { return nil }
        return
            "\(Counted.things(report.erasure.records, "record")) of persons who were forgotten since the copy was made "
            + "\(Counted.verb(report.erasure.records)) erased in it"
    }

    private static func purged(_ report: RestoreReport) -> String? {
        guard report.erasure.purgedBatches > 0 else { return nil }
        return
            "\(Counted.things(report.erasure.purgedBatches, "batch")) in it \(Counted.verb(report.erasure.purgedBatches)) "
            + "older than retention allows: what is due was erased in the copy"
    }

    private static func notLookedThrough(_ report: RestoreReport) -> String? {
        guard !report.erasure.unread.isEmpty else { return nil }
        return
            "\(report.erasure.unread.joined(separator: ", ")) could not be looked through for forgotten persons: once the "
            + "missing keys are back, restore the copy again"
    }

    private static func notPurged(_ report: RestoreReport) -> String? {
        guard !report.erasure.unpurged.isEmpty else { return nil }
        return
            "\(report.erasure.unpurged.joined(separator: ", ")): older than retention allows, and not erased in the copy, because "
            + "the month's key is missing; once that is back, the daemon or \(Hint.help(["purge"])) erases it"
    }

    private static func missing(_ report: RestoreReport) -> String? {
        guard let lost = report.lostAttempts else {
            return
                "nobody knows what was sent since the copy was made: \(report.unknownBecause ?? "no trace is left"); "
                + "batches taken in from now on wait until \(Hint.resumeAfterRestore), which says what may be paid twice"
        }
        guard lost > 0 else { return "it knows of every call that was made: nothing is missing" }
        return
            "it does not know of the last \(NumberFormat.count(Int(clamping: lost), "call")); sending those records again "
            + "would bill up to \(Counted.things(report.callsAtRisk, "call")) a second time"
    }

    private static func next(_ report: RestoreReport) -> String? {
        guard !report.pausedBatches.isEmpty else { return nil }
        let names = report.pausedBatches.prefix(10).joined(separator: ", ")
        let more = report.pausedBatches.count > 10 ? ", …" : ""
        return
            "the next run or daemon pauses \(names)\(more) and puts \(NumberFormat.count(report.doubtedRecords, "record")) "
            + "in doubt; look at them before you resume, such as with "
            + "\(Hint.records(batch: report.pausedBatches[0], status: "in_doubt"))"
    }

    /// What opening a database found to be missing in it; nil if nothing is.
    static func warning(of found: RecoveryReport) -> String? {
        if let reason = found.unknownBecause {
            return
                "the database was restored from an earlier copy, and nobody knows what had been sent since (\(reason)); "
                + "\(doubted(found.doubtedRecords, "been sent")), and batches taken in from now on wait until "
                + "\(Hint.resumeAfterRestore)"
        }
        guard found.lostAttempts > 0 else { return nil }
        return "the database was restored from an earlier copy, which does not know of the last "
            + "\(NumberFormat.count(Int(clamping: found.lostAttempts), "call")); "
            + doubted(found.doubtedRecords, "been among them")
    }

    private static func doubted(_ count: Int, _ what: String) -> String {
        guard count > 0 else { return "none of its unanswered records can have \(what)" }
        return "\(NumberFormat.count(count, "record")) that may have \(what) \(Counted.verb(count)) in doubt now"
    }
}

extension RestoreHold {
    /// Why a batch waits, and what ends it.
    var text: String {
        "the database was restored, and nobody knows what had been sent since the copy was made (\(reason)): "
            + "its lines may have been paid before; \(Hint.resumeAfterRestore) lets them go"
    }
}

extension RecordStore {
    /// The command that lets a batch that waits for confirmation continue.
    ///
    /// - Throws: `StoreError` when the database cannot be read.
    func hint(toStart batch: Batch) async throws -> Hint {
        try await restoreHold()?.covers(batch.id) == true ? .resumeAfterRestore : .start(batch: batch.name)
    }
}

/// `rollcall resume --after-restore`: an operator accepts that lines are sent which may have been sent before a restore
/// whose losses are unknown.
package struct AfterRestoreOperation: Sendable {
    private let config: String
    private let json: Bool
    private let console: Console

    /// Describes the command.
    package init(config: String, json: Bool, console: Console = .standard) {
        self.config = config
        self.json = json
        self.console = console
    }

    /// Says what may be paid for twice, then releases the waiting batches, each under its job's own confirmation
    /// settings.
    package func perform() async throws -> ExitStatus {
        let place = try Installation(config: config)
        // A process that runs the database has already repaired it.
        if try await place.runner() == .nobody { try await place.storeForRunning(place.operatorProvenance()).close() }
        try await OperatorSession.with(place, console: console) { try await release(in: $0) }
        return .succeeded
    }

    private func release(in session: OperatorSession) async throws {
        guard let hold = try await session.store.restoreHold() else {
            return console.note("nothing waits since a restore: every call is known that was made")
        }
        let waiting = try await session.store.unfinishedBatches().filter {
            hold.covers($0.id) && $0.state == .awaitingConfirmation
        }
        try await report(hold, waiting, session)
        _ = try await session.store.releaseRestoreHold(noting: session.action(.resumeAfterRestore, of: nil))
        for batch in waiting { try await admit(batch, in: session) }
        if json {
            let outlooks = try await BatchOutlooks(session.place, session.store)
            var batches: [BatchStatus] = []
            for batch in waiting { batches.append(try await BatchStatus(session.store.batch(batch.id), outlooks)) }
            console.output(JSONText.text(of: batches))
        }
    }

    private func report(_ hold: RestoreHold, _ waiting: [Batch], _ session: OperatorSession) async throws {
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

    /// If the batch waits for something else as well, it keeps waiting for that.
    private func admit(_ batch: Batch, in session: OperatorSession) async throws {
        let confirmation = try await spending(on: batch, session).confirmation(of: batch)
        if let reason = confirmation.reason {
            try await session.store.renewReason(reason, ofWaiting: batch.id)
            console.note("\(batch.name): \(reason); \(Hint.start(batch: batch.name)) agrees to it")
        } else if try await session.store.moveBatch(
            batch.id, from: [.awaitingConfirmation], to: .running, reason: nil,
            noting: session.action(.start, of: batch.id))
        {
            console.note("\(batch.name): started; \(try await session.continuingRunner())")
        }
    }
}
