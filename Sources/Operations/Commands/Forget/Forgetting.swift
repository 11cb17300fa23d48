import Basics
import Foundation
import Ingest
import RecordStore
import Results
import Settings

/// The steps of forgetting persons, in an order in which a process may be killed anywhere: the persons are entered in the
/// list that `restore` applies, their records are erased in the database, then their rows in the files. Done again it
/// finds what is left.
struct Forgetting {
    let ids: PersonIDs
    let session: OperatorSession
    /// How long calls under way are awaited; nil: a little longer than one may take.
    let patience: Duration?
    /// Called before each change; what it throws ends the work there.
    var beforeStep: @Sendable () throws -> Void = {}

    /// How often records under way are looked at.
    private static let interval = Duration.milliseconds(100)
    /// With the interval five seconds: longer than any statement reads.
    private static let looksAtLog = 50
    /// More than the runner needs to record an answer once it is there.
    private static let margin = Duration.seconds(10)

    private var store: RecordStore { session.store }
    private var files: ForgottenFiles {
        ForgottenFiles(store: session.store, place: session.place, beforeStep: beforeStep)
    }

    /// Says what would be erased.
    func rehearse() async throws -> ForgetReceipt {
        try await session.note(.readRecords, of: nil, detail: "of \(Counted.things(ids.count, "id")), to be forgotten")
        let search = try await search()
        var receipt = receipt(of: search, at: .now(), isDryRun: true)
        receipt.erasedBefore = try await erasedBefore()
        receipt.outOfReach = try await outOfReach(search, receipt)
        return receipt
    }

    /// Erases the persons.
    func perform() async throws -> ForgetReceipt {
        let interrupted = try await finish()
        var search = try await search()
        try await awaitAnswers(of: &search)
        let now = WallTime.now()
        var receipt = receipt(of: search, at: now, isDryRun: false)
        receipt.erasedBefore = try await erasedBefore()
        try await remember(search.accounts, at: now)
        try await erase(search, at: now, &receipt)
        let finished = try await finish()
        receipt.files = Set(receipt.files + interrupted.changed + finished.changed).sorted()
        receipt.notChanged = Set(receipt.notChanged + finished.faults).sorted()
        receipt.waiting = finished.waiting
        receipt.outOfReach = try await outOfReach(search, receipt)
        receipt.logIsEmpty = try await emptyLog()
        if !receipt.logIsEmpty, !store.isAtServer {
            receipt.waiting.append(
                "\(session.place.settings.database), its write-ahead log: other processes read from it all the time; what "
                    + "was erased may still stand there, sealed")
        }
        return receipt
    }

    /// Empties the write-ahead log between the reads of other processes, as soon as there are none for a moment.
    private func emptyLog() async throws -> Bool {
        guard !store.isAtServer else { return false }
        for _ in 0..<Self.looksAtLog {
            if try await store.emptyLog() { return true }
            try await Task.sleep(for: Self.interval)
        }
        return false
    }

    /// Takes out of the files whatever was forgotten and may still stand there.
    private func finish() async throws -> ForgottenFiles.Outcome {
        var outcome = ForgottenFiles.Outcome()
        let homes = try await store.homes()
        for id in try await store.batchesWithForgottenInFiles() {
            if let home = homes[id], home.keepsFilesElsewhere {
                outcome.waiting.append(
                    "files of \(try await store.batch(id).name) on \(home.host): the daemon of node \(home.node) takes the "
                        + "rows out \(SharedErasure.interval), or the same command there does")
                continue
            }
            let one = try await files.erase(from: store.batch(id))
            outcome.changed += one.changed
            outcome.faults += one.faults
            outcome.waiting += one.waiting
        }
        return outcome
    }

    /// What the call erased that forgot one of the ids last: it may have ended before its receipt was printed.
    private func erasedBefore() async throws -> [ForgetReceipt.ErasedBefore] {
        let (persons, hasher) = (try await store.forgottenPersons(), try await store.personHasher())
        let times = Set(try ids.texts.compactMap { persons.lastTime(of: try hasher.hash(recordID: Array($0.utf8))) })
        guard !times.isEmpty else { return [] }
        let records = Dictionary(grouping: try await store.forgottenRecords(at: times)) { record in
            ForgottenAtOnce(batch: record.record.batch, at: record.forgottenAt)
        }
        var erased: [ForgetReceipt.ErasedBefore] = []
        for (part, records) in records.sorted(by: { ($0.key.at, $0.key.batch) < ($1.key.at, $1.key.batch) }) {
            erased.append(
                ForgetReceipt.ErasedBefore(
                    batch: try await store.batch(part.batch), at: part.at, lines: records.map(\.record.line).sorted()))
        }
        return erased
    }

    private struct ForgottenAtOnce: Hashable {
        let batch: BatchID
        let at: WallTime
    }

    private func outOfReach(
        _ search: PersonSearch.Outcome, _ receipt: ForgetReceipt
    ) async throws -> ForgetReceipt.OutOfReach {
        try await OutOfReachSearch(session: session).find(
            search.found.map(\.batch) + receipt.erasedBefore.map(\.source))
    }

    private func search() async throws -> PersonSearch.Outcome {
        try await PersonSearch(ids: ids.texts, store: store, files: files).perform(in: store.batches())
    }

    /// Waits until no call for one of the persons is under way, for as long as one may take.
    private func awaitAnswers(of search: inout PersonSearch.Outcome) async throws {
        let end = ContinuousClock.now + (patience ?? session.place.settings.api.requestTimeout + Self.margin)
        while search.isUnderWay, ContinuousClock.now < end {
            // Calls that nobody awaits are settled by the next start of a run or the daemon.
            if !store.isAtServer, try await session.place.runner() == .nobody { return }
            try await Task.sleep(for: Self.interval)
            for place in search.found.indices { try await refresh(&search.found[place]) }
        }
    }

    private func refresh(_ found: inout PersonSearch.Found) async throws {
        for place in found.records.indices where found.records[place].status == .inFlight {
            guard let view = try await store.record(found.records[place].id) else { continue }
            found.records[place].status = view.status
        }
    }

    /// The list comes first: what is erased stays so whatever copy is put back.
    private func remember(_ accounts: Set<String>, at now: WallTime) async throws {
        let hasher = try await store.personHasher()
        let hashes =
            try ids.texts.map { try hasher.hash(recordID: Array($0.utf8)) }
            + accounts.map { try hasher.hash(account: $0) }
        try beforeStep()
        try await store.changeForgottenPersons { $0.add(hashes, at: now) }
    }

    private func erase(
        _ search: PersonSearch.Outcome, at now: WallTime, _ receipt: inout ForgetReceipt
    ) async throws {
        var action = try session.action(.forget, of: nil, detail: receipt.auditDetail) as Action?
        receipt.erased = []
        let untouched = try await eraseUnplacedLines(search, &receipt)
        for found in search.found where !untouched.contains(found.batch.id) {
            let wanted = found.records.filter { ForgetDecision($0.status).isPossible }.map(\.id) + found.lines
            guard !wanted.isEmpty else { continue }
            try beforeStep()
            var done = try await store.forget(wanted, at: now, noting: action)
            action = nil
            try await store.forgetLines(found.lines, at: now)
            done.formUnion(found.lines)
            receipt.erased.append(erased(found, done))
            // A claim was quicker.
            let claimed = found.records.filter { wanted.contains($0.id) && !done.contains($0.id) }
            receipt.notForgotten += left(
                claimed.map { PersonSearch.Record(id: $0.id, status: .inFlight) }, of: found.batch)
        }
        if let action { try await store.recordAction(action) }
    }
}

extension Forgetting {
    /// Takes lines that tell nothing of their place out of files.
    ///
    /// - Returns: The batches in whose files that was not possible. Their records stay, because they alone tell whose those
    ///   lines are.
    private func eraseUnplacedLines(
        _ search: PersonSearch.Outcome, _ receipt: inout ForgetReceipt
    ) async throws -> Set<BatchID> {
        var untouched: Set<BatchID> = []
        let homes = try await store.homes()
        for batch in try await store.batches() {
            if let home = homes[batch.id], home.keepsFilesElsewhere {
                guard try await files.mayHoldUnplacedLines(batch) else { continue }
                guard search.found.contains(where: { $0.batch.id == batch.id }) else { continue }
                untouched.insert(batch.id)
                receipt.notForgotten.append(
                    ForgetReceipt.Left(
                        batch: batch.name, line: nil, reason: "only its records tell whose lines of its files are",
                        next: "begin with the same command on \(home.host), node \(home.node)"))
                continue
            }
            let outcome = try await files.eraseUnplacedLines(of: batch, ids: ids.texts, accounts: search.accounts)
            receipt.files += outcome.changed
            receipt.notChanged += outcome.faults
            if !outcome.faults.isEmpty { untouched.insert(batch.id) }
        }
        return untouched
    }
}

/// What a receipt says of what was found.
extension Forgetting {
    private func receipt(of search: PersonSearch.Outcome, at now: WallTime, isDryRun: Bool) -> ForgetReceipt {
        var receipt = ForgetReceipt(isDryRun: isDryRun, at: Timestamp.text(now), ids: ids.count)
        for found in search.found {
            let possible = found.records.filter { ForgetDecision($0.status).isPossible }
            let item = erased(found, Set(possible.map(\.id) + found.lines))
            if !item.lines.isEmpty { receipt.erased.append(item) }
            receipt.notForgotten += left(
                found.records.filter { !ForgetDecision($0.status).isPossible }, of: found.batch)
        }
        receipt.notForgotten += search.unread.map { batch in
            ForgetReceipt.Left(
                batch: batch.name, line: nil, reason: "its file is still being read; lines of them may follow",
                next: nil)
        }
        receipt.notForgotten += search.locked.map { locked in
            ForgetReceipt.Left(
                batch: locked.batch.name, line: nil, reason: "could not be looked through: \(locked.reason)", next: nil)
        }
        receipt.notFound = ids.lines(besides: search.places)
        (receipt.purgedBatches, receipt.unreadable) = (search.erased, search.unreadable)
        return receipt
    }

    private func erased(_ found: PersonSearch.Found, _ done: Set<RecordID>) -> ForgetReceipt.Erased {
        let cancelled = found.records.filter { $0.status == .queued && done.contains($0.id) }
        return ForgetReceipt.Erased(
            batch: found.batch.name, job: found.batch.job, file: found.batch.fileName, lines: done.map(\.line).sorted(),
            cancelled: cancelled.count)
    }

    private func left(_ records: [PersonSearch.Record], of batch: Batch) -> [ForgetReceipt.Left] {
        records.map { record in
            let line = record.id.line
            switch ForgetDecision(record.status) {
            case .resolveFirst:
                let next = Hint.resolve(batch: batch.name, line: line, decision: "failed")
                return ForgetReceipt.Left(
                    batch: batch.name, line: line, reason: "is in doubt: its call may have been billed",
                    next: "decide first, such as with \(next)")
            case .awaitAnswer, .erase, .cancel:
                return ForgetReceipt.Left(
                    batch: batch.name, line: line, reason: "its call is under way; when it has ended", next: nil)
            }
        }
    }
}

extension PersonSearch.Outcome {
    /// Whether a call for one of the persons is under way.
    var isUnderWay: Bool {
        found.contains { $0.records.contains { ForgetDecision($0.status) == .awaitAnswer } }
    }
}

/// Forgets in a copy of the database, before it is put in place, the persons who were forgotten since it was made.
struct ForgottenAgain: Sendable {
    /// The copy.
    let store: RecordStore

    /// Looks through the batches that were made before somebody was forgotten.
    ///
    /// - Returns: What was done.
    /// - Throws: `StoreError` when the list is damaged, or the copy cannot be read or written.
    func perform() async throws -> ErasureInCopy {
        let persons = try await store.forgottenPersons()
        var done = ErasureInCopy()
        guard !persons.isEmpty else { return done }
        let hasher = try await store.personHasher()
        for batch in try await store.batches() {
            do {
                done.records += try await forget(persons, hasher, in: batch)
            } catch let error as StoreError where [.notFound, .purged].contains(error.code) {
                // Nobody can read it.
            } catch let error as StoreError where error.code == .keysFolder {
                // Nobody can read it now; with its month's key put back that changes.
                done.unread.append(batch.name)
            }
        }
        return done
    }

    private func forget(_ persons: ForgottenPersons, _ hasher: PersonHasher, in batch: Batch) async throws -> Int {
        guard persons.lastTime.map({ batch.createdAt <= $0 }) ?? false else { return 0 }
        let layout = try RecordLayout(decoding: await store.layout(of: batch.id))
        let key = layout.mapping.needsAccountKey ? try await store.accountHashKey() : nil
        var reader = try PersonReader(layout: layout, accountKey: key)
        var found: [WallTime: [RecordID]] = [:]
        try await store.forEachRecord(batch.id) { view in
            // One that was altered cannot be read by anybody.
            guard view.forgottenAt == nil, let payload = try? view.payload() else { return }
            let person = try reader.person(of: payload.rawRow, line: view.line)
            let accounts =
                try person.values.flatMap { try reader.accounts(behind: $0) } + [person.account].compactMap(\.self)
            let hashes =
                try ([payload.id] + person.values).map { try hasher.hash(recordID: $0) }
                + accounts.map { try hasher.hash(account: $0) }
            let times = hashes.compactMap { persons.time(of: $0, inBatchMadeAt: batch.createdAt) }
            if let time = times.max() { found[time, default: []].append(view.record) }
        }
        var count = 0
        for (time, records) in found.sorted(by: { $0.key < $1.key }) {
            count += try await store.forget(records, at: time, isRestored: true, noting: nil).count
        }
        return count
    }
}
