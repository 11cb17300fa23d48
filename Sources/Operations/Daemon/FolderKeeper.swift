import Basics
import DropFolder
import JobRunner
import Logging
import RecordStore
import Schedules
import Settings
import Synchronization

/// Keeps one job's drop folder: claims what is whole, takes it in, and tells beside each file how it fares.
///
/// Every step can be done again after a crash; `DropFolder` says in which order they come and what each leaves.
struct FolderKeeper {
    let house: House
    let job: JobDefinition
    let folder: DropFolder
    /// Rings when the job's schedule is due; nil for a folder whose files are taken as they come.
    let occasion: Doorbell?
    private let news: FolderNews

    /// What the loop that takes files keeps in mind from one look to the next.
    private struct LoopState {
        var settling: SettlingFiles
        var waiting: WaitingFiles
        /// Whether files are taken; with a schedule, from when it is due until nothing has to settle any more.
        var isTaking: Bool
        var leftAlone: [LeftAlone] = []
        /// What the people at the folder were told of files in the inbox.
        var told: [String: FileStatus.Phase] = [:]
    }

    init(house: House, job: JobDefinition, folder: DropFolder, occasion: Doorbell?) {
        (self.house, self.job, self.folder, self.occasion) = (house, job, folder, occasion)
        news = FolderNews(house: house, job: job, folder: folder, bell: Doorbell())
    }

    /// Looks, claims and tells, until it is cancelled.
    ///
    /// - Throws: `StoreError` when state could not be read or written; `DropFolderError` when the folder can't be used.
    func run() async throws {
        try folder.prepare()
        let (watcher, bell, due) = (watcher, house.folderBell(of: job.name), DueFlag())
        try await withThrowingDiscardingTaskGroup { group in
            group.addTask { await watcher.run() }
            group.addTask { for await _ in watcher.looks { bell.ring() } }
            group.addTask { try await news.run() }
            group.addTask { try await takeFiles(bell, due) }
            if let occasion { group.addTask { await due.raise(at: occasion, ringing: bell) } }
        }
    }

    private var part: String { "drop folder of \(job.name)" }

    private var watcher: FolderWatcher {
        let (house, job) = (house, job.name)
        return FolderWatcher(folder: folder.inbox) {
            await Doorbell().wait(for: house.rhythm.folders, on: house.clock)
        } tell: { message in
            house.log.notice("drop folder is only polled", metadata: ["job": "\(job)", "reason": "\(message)"])
        }
    }

    private func takeFiles(_ bell: Doorbell, _ due: DueFlag) async throws {
        try await recover()
        house.log.notice("drop folder is open", metadata: ["job": "\(job.name)", "inbox": "\(folder.inbox)"])
        var state = LoopState(
            settling: SettlingFiles(
                settle: job.source.settle, needsDoneMarker: job.source.needsDoneMarker, order: .init(job.source.order)),
            waiting: WaitingFiles(house: house, job: job, folder: folder), isTaking: occasion == nil)
        defer { house.attendance.leave(part) }
        while !Task.isCancelled, !house.stop.isRaised {
            house.expectWithFiles(part)
            let lookAgainAt = try await look(&state, due)
            // The watcher polls, whatever happens.
            house.expectWithFiles(part, after: house.rhythm.folders)
            if let lookAgainAt {
                await bell.wait(until: lookAgainAt, on: house.clock)
            } else {
                await bell.wait()
            }
        }
    }

    /// One look at the inbox, and all that follows from it; when to look again unless something changes before.
    private func look(_ state: inout LoopState, _ due: DueFlag) async throws -> Int64? {
        if due.take() { state.isTaking = true }
        try await goOnReading()
        let listing = try folder.look()
        try tell(listing.leftAlone, &state)
        let claims = try house.store.claimedFiles(of: job.name).filter { $0.batch != nil }
        let claimed = Set(claims.map(\.name))
        let finding = state.settling.take(listing, at: house.clock.monotonic)
        try tell(finding, claimed, &state)
        let moments = [try await state.waiting.tend(claims, listing), finding.lookAgainAt]
        if state.isTaking {
            // What is whole while files of their names are worked on waits, and so does all once the daemon ends.
            try await take(finding.whole.filter { !claimed.contains($0.name) })
            // Once the schedule is due, everything that is there then is taken, also what still has to settle.
            if occasion != nil, finding.lookAgainAt == nil { state.isTaking = false }
        }
        return moments.compactMap(\.self).min()
    }

    private func tell(_ leftAlone: [LeftAlone], _ state: inout LoopState) throws {
        guard leftAlone != state.leftAlone else { return }
        let known = Set(state.leftAlone)
        let new = leftAlone.filter { !known.contains($0) }
        if !new.isEmpty {
            house.log.notice(
                "left alone in the inbox", metadata: ["job": "\(job.name)", "files": "\(Figures.names(new))"])
        }
        news.say(leftAlone: leftAlone)
        state.leftAlone = leftAlone
    }

    private func tell(
        _ finding: SettlingFiles.Finding, _ claimed: Set<String>, _ state: inout LoopState
    ) throws {
        var phases = [String: FileStatus.Phase]()
        for name in finding.settling { phases[name] = .settling(for: job.source.settle) }
        for name in finding.withoutMarker { phases[name] = .waitingForMarker }
        if !state.isTaking, let schedule = job.schedule {
            let next = schedule.next(after: house.clock.now, in: job.timeZone)
            for file in finding.whole { phases[file.name] = .waitingForSchedule(at: next) }
        }
        for name in claimed { phases[name] = nil }
        try news.say(waiting: phases, before: state.told, claimed: claimed)
        state.told = phases
    }

    private func take(_ files: [FileSighting]) async throws {
        for file in files {
            guard !Task.isCancelled, !house.stop.isRaised else { return }
            if case .taken = try await claim(file) { try await take(file.name) }
        }
    }

    /// One file that cannot be moved is no reason to leave the others.
    private func claim(_ file: FileSighting) async throws -> FileClaim {
        do {
            let claim = try folder.claim(file)
            if case .refused(let error) = claim { await tellRefusal(error) }
            return claim
        } catch let error as DropFolderError {
            house.log.error(
                "file not claimed", metadata: ["file": "\(file.name)", "job": "\(job.name)", "reason": "\(error)"])
            return .gone
        }
    }

    /// Puts right what a crash left, and goes on with the files that were being taken in.
    private func recover() async throws {
        let claims = try house.store.claimedFiles(of: job.name)
        let found = try folder.recover(
            claimed: Set(claims.map(\.name)), needsDoneMarker: job.source.needsDoneMarker)
        for claim in claims where found.gone.contains(claim.name) {
            // The file of a batch that goes on lies in the inbox, or was taken away there.
            if let batch = try claim.batch.map(house.store.batch), !batch.state.isFinished { continue }
            try await house.store.forgetClaimedFile(at: claim.path)
        }
        for error in found.refused { await tellRefusal(error) }
        for name in found.unclaimed { try await take(name) }
    }

    /// A file whose reading was cut short, by a crash or by a pause that is over, is read on.
    private func goOnReading() async throws {
        for claim in try house.store.claimedFiles(of: job.name) {
            guard let batch = claim.batch, try house.store.batch(batch).state == .ingesting else { continue }
            try await take(claim.name)
        }
    }

    private func take(_ name: String) async throws {
        let path = folder.workingPath(of: name)
        let claim =
            try house.store.claimedFile(at: path)
            ?? ClaimedFile(path: path, job: job.name, name: name, claimedAt: house.clock.now)
        news.say(claim, .takingIn(percent: 0), nil)
        let tell: @Sendable (Int) -> Void = { [news, house, part] percent in
            house.expectWithFiles(part)
            news.say(claim, .takingIn(percent: percent), nil)
        }
        let outcome = try await FileTaking(house: house, job: job).take(path, claim: claim, progress: tell)
        // Before a file has been hashed there is no batch to tell of.
        news.bell.ring()
        switch outcome {
        // Its file is put back into the inbox.
        case .taken(let batch) where batch.state == .awaitingConfirmation: house.folderBell(of: job.name).ring()
        case .taken, .interrupted: break
        case .known(let batch): try await refuse(claim, because: try known(claim.name, batch))
        case .refused(let error): try await refuse(claim, because: error)
        }
    }

    private func refuse(_ claim: ClaimedFile, because error: InputError) async throws {
        try folder.reject(claim.name, because: error, as: nil)
        try await house.store.forgetClaimedFile(at: claim.path)
        await tellRefusal(error)
    }

    /// The very content of a file was taken in before.
    private func known(_ file: String, _ batch: Batch) throws -> InputError {
        let results = house.results(of: job)
        let folderOfResults = try results.wholeFolder(of: batch) ?? results.folder(of: batch)
        return RepeatedFile(
            file: file, rejectedPath: try folder.rejectedPath(of: file, as: nil), batch: batch, job: job,
            results: folder.shownPath(folderOfResults)
        ).error
    }

    private func tellRefusal(_ error: InputError) async {
        house.log.warning(
            "file rejected",
            metadata: ["file": "\(error.file)", "job": "\(job.name)", "reason": "\(error.description)"])
        news.say(error)
        house.tellRejection(of: error, under: job)
    }
}

/// Whether the schedule of a folder's job has become due since somebody last asked.
private final class DueFlag: Sendable {
    private let flag = Mutex(false)

    /// Whether it has; the next to ask is told so only if it has again.
    func take() -> Bool {
        flag.withLock { flag in
            defer { flag = false }
            return flag
        }
    }

    /// Raises it each time the schedule is due, until the task is cancelled.
    func raise(at occasion: Doorbell, ringing bell: Doorbell) async {
        while true {
            await occasion.wait()
            if Task.isCancelled { return }
            flag.withLock { $0 = true }
            bell.ring()
        }
    }
}
