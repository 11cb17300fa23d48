import Basics
import DropFolder
import JobRunner
import Logging
import RecordStore
import Schedules
import Settings

/// Watches one job's drop folder: claims complete files, takes them in, and writes each file's status beside it.
///
/// Every step can be done again after a crash; `DropFolder` says in which order they come and what each leaves.
struct FolderWatcherService {
    let context: DaemonContext
    let job: JobDefinition
    let folder: DropFolder
    /// Signalled when the job's schedule is due; nil for a folder whose files are taken as they come.
    let occasion: WakeSignal?
    /// Signalled when all is taken in that was there then.
    let taken: WakeSignal
    private let statusWriter: FolderStatusWriter

    /// The state of the intake loop between two looks.
    private struct LoopState {
        var settling: SettlingFiles
        var waiting: FilesAwaitingConfirmation
        /// Whether files are taken; with a schedule, from when it is due until nothing has to settle any more.
        var isTaking: Bool
        var skippedFiles: [SkippedFile] = []
        /// The last status written for files in the inbox.
        var told: [String: FileStatus.Phase] = [:]
    }

    init(
        context: DaemonContext, job: JobDefinition, folder: DropFolder, occasion: WakeSignal?, taken: WakeSignal
    ) {
        (self.context, self.job, self.folder, self.occasion, self.taken) = (context, job, folder, occasion, taken)
        statusWriter = FolderStatusWriter(context: context, job: job, folder: folder)
    }

    /// Looks, claims and writes status texts, until it is cancelled.
    ///
    /// - Throws: `StoreError` when state could not be read or written; `DropFolderError` when the folder can't be used.
    func run() async throws {
        try folder.prepare()
        let (watcher, wakeSignal, due) = (watcher, context.folderWakeSignal(of: job.name), DueFlag())
        try await withThrowingDiscardingTaskGroup { group in
            group.addTask { await watcher.run() }
            group.addTask { for await _ in watcher.looks { wakeSignal.wakeUp() } }
            group.addTask { try await statusWriter.run() }
            group.addTask { try await takeFiles(wakeSignal, due) }
            if let occasion { group.addTask { await due.raise(at: occasion, ringing: wakeSignal) } }
        }
    }

    private var part: String { "drop folder of \(job.name)" }

    private var watcher: FolderWatcher {
        let (context, job) = (context, job.name)
        return FolderWatcher(folder: folder.inbox) {
            await WakeSignal().wait(for: context.intervals.folders, on: context.clock)
        } report: { message in
            context.log.notice("drop folder is only polled", metadata: ["job": "\(job)", "reason": "\(message)"])
        }
    }

    private func takeFiles(_ wakeSignal: WakeSignal, _ due: DueFlag) async throws {
        try await recover()
        context.log.notice("drop folder is open", metadata: ["job": "\(job.name)", "inbox": "\(folder.inbox)"])
        var state = LoopState(
            settling: SettlingFiles(
                settle: job.source.settle, needsDoneMarker: job.source.needsDoneMarker, order: .init(job.source.order)),
            waiting: FilesAwaitingConfirmation(context: context, job: job, folder: folder), isTaking: occasion == nil)
        defer { context.attendance.leave(part) }
        while !Task.isCancelled, !context.stop.isRaised {
            context.attendance.expectWithFiles(part)
            let nextPollAt = try await look(&state, due)
            // The watcher polls even without events.
            context.attendance.expectWithFiles(part, after: context.intervals.folders)
            if let nextPollAt {
                await wakeSignal.wait(until: nextPollAt, on: context.clock)
            } else {
                await wakeSignal.wait()
            }
        }
    }

    /// One look at the inbox, and all that follows from it; when to look again unless something changes before.
    private func look(_ state: inout LoopState, _ due: DueFlag) async throws -> MonotonicTime? {
        if due.take() { state.isTaking = true }
        if folder.isShared { try await repair() }
        try await resumeIntake()
        let listing = try folder.look()
        try report(listing.skippedFiles, &state)
        let all = try await context.store.claimedFiles(of: job.name).filter { $0.batch != nil || $0.isElsewhere }
        let claimed = Set(all.map(\.name))
        let claims = all.filter { !$0.isElsewhere }
        // Some may be those of a node that has ended.
        if folder.isShared, !claims.isEmpty { statusWriter.wakeSignal.wakeUp() }
        let finding = state.settling.take(listing, at: context.clock.monotonic)
        try await report(finding, claimed, &state)
        let whole = Set(finding.whole.map(\.name))
        let times = [try await state.waiting.reconcile(claims, listing, whole: whole), finding.nextPollAt]
        if state.isTaking {
            // What is whole while files of their names are worked on waits, and so does all once the daemon ends.
            try await take(finding.whole.filter { !claimed.contains($0.name) })
            // Once the schedule is due, everything that is there then is taken, also what still has to settle.
            if occasion != nil, finding.nextPollAt == nil {
                state.isTaking = false
                taken.wakeUp()
            }
        }
        return times.compactMap(\.self).min()
    }

    private func report(_ skippedFiles: [SkippedFile], _ state: inout LoopState) throws {
        guard skippedFiles != state.skippedFiles else { return }
        let known = Set(state.skippedFiles)
        let new = skippedFiles.filter { !known.contains($0) }
        if !new.isEmpty {
            context.log.notice(
                "left alone in the inbox", metadata: ["job": "\(job.name)", "files": "\(NumberFormat.names(new))"])
        }
        statusWriter.say(skippedFiles: skippedFiles)
        state.skippedFiles = skippedFiles
    }

    private func report(
        _ finding: SettlingFiles.Finding, _ claimed: Set<String>, _ state: inout LoopState
    ) async throws {
        var phases = [String: FileStatus.Phase]()
        for name in finding.settling { phases[name] = .settling(for: job.source.settle) }
        for name in finding.withoutMarker { phases[name] = .waitingForMarker }
        if !state.isTaking, let schedule = job.schedule {
            let next = schedule.next(after: context.clock.now, in: job.timeZone)
            for file in finding.whole { phases[file.name] = .waitingForSchedule(at: next) }
        }
        for name in claimed { phases[name] = nil }
        try await statusWriter.say(waiting: phases, before: state.told, claimed: claimed)
        state.told = phases
    }

    private func take(_ files: [ObservedFile]) async throws {
        for file in files {
            guard !Task.isCancelled, !context.stop.isRaised else { return }
            if case .taken = try await claim(file) { try await take(file.name) }
        }
    }

    /// One file that cannot be moved does not hold up the others.
    private func claim(_ file: ObservedFile) async throws -> FileClaim {
        // Where others see it, too, one of all is the first to record that it is to be its own.
        if folder.isShared, try await !context.store.hold(claimedFile(file.name)) { return .waitsItsTurn }
        var claim = FileClaim.gone
        do {
            claim = try folder.claim(file)
            if case .refused(let error) = claim { await reportRefusal(error) }
        } catch let error as DropFolderError {
            context.log.error(
                "file not claimed", metadata: ["file": "\(file.name)", "job": "\(job.name)", "reason": "\(error)"])
        }
        if case .taken = claim { return claim }
        if folder.isShared { try await context.store.forgetClaimedFile(at: folder.workingPath(of: file.name)) }
        return claim
    }

    private func claimedFile(_ name: String) -> ClaimedFile {
        ClaimedFile(
            path: folder.workingPath(of: name), job: job.name, name: name, claimedAt: context.clock.now)
    }

    /// Whether this node may move a claimed file: no other one has taken it over, as far as is known now.
    private func isOurs(_ claim: ClaimedFile) async throws -> Bool {
        guard folder.isShared else { return true }
        return try await context.store.claimedFile(at: claim.path).map { !$0.isElsewhere } ?? false
    }

    /// Where nodes share the folder: repairs what a node left that has ended, this one before or another, of files of
    /// which no batch was made.
    private func repair() async throws {
        // In this order: a node records a file before it moves it here, and forgets it after it has moved it away.
        let names = try folder.workingNames()
        let claims = try await context.store.claimedFiles(of: job.name)
        var left = claims.filter { !$0.isElsewhere && $0.batch == nil }
        for name in names.subtracting(claims.map(\.name)).sorted() {
            let claim = claimedFile(name)
            if try await context.store.hold(claim) { left.append(claim) }
        }
        guard !left.isEmpty else { return }
        let found = try folder.recover(
            claimed: [], among: Set(left.map(\.name)), needsDoneMarker: job.source.needsDoneMarker, isStart: false)
        for error in found.refused { await reportRefusal(error) }
        for claim in left {
            if found.unclaimed.contains(claim.name) {
                try await take(claim.name)
            } else {
                try await context.store.forgetClaimedFile(at: claim.path)
            }
        }
    }

    /// Repairs what a crash left, and continues with the files that were being taken in.
    private func recover() async throws {
        var claims = try await context.store.claimedFiles(of: job.name)
        if folder.isShared { claims = claims.filter { !$0.isElsewhere && $0.batch != nil } }
        let names = Set(claims.map(\.name))
        let found = try folder.recover(
            claimed: names, among: folder.isShared ? names : nil, needsDoneMarker: job.source.needsDoneMarker)
        for claim in claims where found.gone.contains(claim.name) {
            // The file of a batch that continues lies in the inbox, or was taken away there.
            if let batch = try await context.store.batch(of: claim), !batch.state.isFinished { continue }
            try await context.store.forgetClaimedFile(at: claim.path)
        }
        for error in found.refused { await reportRefusal(error) }
        for name in found.unclaimed { try await take(name) }
    }

    /// A file whose reading was cut short, by a crash or by a pause that is over, is continued.
    private func resumeIntake() async throws {
        for claim in try await context.store.claimedFiles(of: job.name) where !claim.isElsewhere {
            guard let batch = claim.batch, try await context.store.batch(batch).state == .ingesting else { continue }
            try await take(claim.name)
        }
    }

    private func take(_ name: String) async throws {
        let path = folder.workingPath(of: name)
        let claim = try await context.store.claimedFile(at: path) ?? claimedFile(name)
        guard try await isOurs(claim) else { return }
        statusWriter.say(claim, .takingIn(percent: 0), nil)
        let report: @Sendable (Int) -> Void = { [statusWriter, context, part] percent in
            context.attendance.expectWithFiles(part)
            statusWriter.say(claim, .takingIn(percent: percent), nil)
        }
        let outcome = try await FileIntake(context: context, job: job).take(path, claim: claim, progress: report)
        // Until a file has been hashed there is no batch to report on.
        statusWriter.wakeSignal.wakeUp()
        switch outcome {
        // Its file is put back into the inbox.
        case .taken(let batch) where batch.state == .awaitingConfirmation:
            context.folderWakeSignal(of: job.name).wakeUp()
        case .taken, .interrupted: break
        case .known(let batch): try await refuse(claim, because: try await known(claim.name, batch))
        case .refused(let error): try await refuse(claim, because: error)
        }
    }

    private func refuse(_ claim: ClaimedFile, because error: InputError) async throws {
        guard try await isOurs(claim) else { return }
        let path = try folder.reject(claim.name, because: error, as: nil)
        try await context.store.forgetClaimedFile(at: claim.path)
        await reportRefusal(error, at: path)
    }

    /// The same content was taken in before.
    private func known(_ file: String, _ batch: Batch) async throws -> InputError {
        let results = context.results(of: job)
        let folderOfResults = try await results.wholeFolder(of: batch) ?? results.folder(of: batch)
        return RepeatedFile(
            file: file, rejectedPath: try folder.rejectedPath(of: file, as: nil), batch: batch, job: job,
            results: folder.shownPath(folderOfResults)
        ).error
    }

    private func reportRefusal(_ error: InputError, at path: String? = nil) async {
        context.log.warning(
            "file rejected",
            metadata: ["file": "\(error.file)", "job": "\(job.name)", "reason": "\(error.description)"])
        statusWriter.say(error)
        context.notices.notifyOfRejection(of: error, at: path, under: job)
    }
}

/// Whether the schedule of a folder's job has become due since it was last asked.
private final class DueFlag: Sendable {
    private let flag = Lock(false)

    /// Returns whether it has, and resets the flag.
    func take() -> Bool {
        flag.withLock { flag in
            defer { flag = false }
            return flag
        }
    }

    /// Raises it each time the schedule is due, until the task is cancelled.
    func raise(at occasion: WakeSignal, ringing wakeSignal: WakeSignal) async {
        while true {
            await occasion.wait()
            if Task.isCancelled { return }
            flag.withLock { $0 = true }
            wakeSignal.wakeUp()
        }
    }
}
