import Ingest
import JobRunner
import Logging
import RecordStore
import Settings

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

    init(house: House, job: JobDefinition, folder: DropFolder, occasion: Doorbell?) {
        (self.house, self.job, self.folder, self.occasion) = (house, job, folder, occasion)
        news = FolderNews(house: house, job: job, folder: folder, bell: Doorbell())
    }

    /// Looks, claims and tells, until it is cancelled.
    ///
    /// - Throws: `StoreError` when state could not be read or written; `DropFolderError` when the folder can't be used.
    func run() async throws {
        try folder.prepare()
        let (watcher, bell) = (watcher, house.folderBell(of: job.name))
        try await withThrowingDiscardingTaskGroup { group in
            group.addTask { await watcher.run() }
            group.addTask { for await _ in watcher.looks { bell.ring() } }
            group.addTask { try await news.run() }
            group.addTask { try await takeFiles(bell) }
        }
    }

    private var watcher: FolderWatcher {
        let (house, job) = (house, job.name)
        return FolderWatcher(folder: folder.inbox) {
            await Doorbell().wait(for: house.rhythm.folders, on: house.clock)
        } tell: { message in
            house.log.notice("drop folder is only polled", metadata: ["job": "\(job)", "reason": "\(message)"])
        }
    }

    private func takeFiles(_ bell: Doorbell) async throws {
        try await recover()
        house.log.notice("drop folder is open", metadata: ["job": "\(job.name)", "inbox": "\(folder.inbox)"])
        var settling = SettlingFiles(
            settle: job.source.settle, needsDoneMarker: job.source.needsDoneMarker, order: .init(job.source.order))
        var (unusable, waiting) = (0, Set<String>())
        while !Task.isCancelled, !house.stop.isRaised {
            if let occasion { await occasion.wait() }
            let listing = try await listing(&unusable)
            let finding = settling.take(listing, at: house.clock.monotonic)
            try news.say(waiting: Set(finding.withoutMarker), before: waiting)
            waiting = Set(finding.withoutMarker)
            let lookAgainAt = try await take(finding)
            // Once the schedule is due, everything that is there then is taken, also what still has to settle.
            if occasion != nil, lookAgainAt != nil { occasion?.ring() }
            await rest(until: occasion == nil || lookAgainAt != nil ? lookAgainAt : house.clock.monotonic, bell)
        }
    }

    private func rest(until lookAgainAt: Int64?, _ bell: Doorbell) async {
        if let lookAgainAt {
            await bell.wait(until: lookAgainAt, on: house.clock)
        } else {
            await bell.wait()
        }
    }

    /// What lies in the inbox, once no file is half read any more.
    private func listing(_ unusable: inout Int) async throws -> FolderListing {
        try await goOnReading()
        let listing = try folder.look()
        if listing.unusableNames > unusable {
            house.log.warning(
                "files are left in the inbox: their names are not UTF-8, hold control characters or are too long",
                metadata: ["job": "\(job.name)", "files": "\(listing.unusableNames)"])
        }
        if listing.unusableNames != unusable { news.say(unusableNames: listing.unusableNames) }
        unusable = listing.unusableNames
        return listing
    }

    /// Takes in all files that are whole; when to look for the others.
    private func take(_ finding: SettlingFiles.Finding) async throws -> Int64? {
        for file in finding.whole {
            guard !Task.isCancelled, !house.stop.isRaised else { return nil }
            if case .taken = try await claim(file) { try await take(file.name) }
        }
        return finding.lookAgainAt
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
        for name in found.gone { try await house.store.forgetClaimedFile(at: folder.workingPath(of: name)) }
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
        news.bell.ring()
        let outcome = try await FileTaking(house: house, job: job).take(path, claim: claim) { [news] percent in
            news.say(claim, .takingIn(percent: percent))
        }
        // The first ring may be long past: before a file has been hashed there is nothing to tell of.
        news.bell.ring()
        switch outcome {
        case .taken, .interrupted: break
        case .known(let batch): try await refuse(claim, because: .known(claim.name, batch, under: job))
        case .refused(let error): try await refuse(claim, because: error)
        }
    }

    private func refuse(_ claim: ClaimedFile, because error: InputError) async throws {
        try folder.reject(claim.name, because: error, as: nil)
        try await house.store.forgetClaimedFile(at: claim.path)
        await tellRefusal(error)
    }

    private func tellRefusal(_ error: InputError) async {
        house.log.warning(
            "file rejected",
            metadata: ["file": "\(error.file)", "job": "\(job.name)", "reason": "\(error.description)"])
        news.say(error)
        house.tellRejection(of: error, under: job)
    }
}

extension InputError {
    /// The very content of a file was taken in before.
    fileprivate static func known(_ file: String, _ batch: Batch, under job: JobDefinition) -> InputError {
        InputError(
            file: file,
            rule:
                "holds exactly what was taken in before as \(batch.name), which is \(batch.state.rawValue); nothing of "
                + "it was sent again; 'rollcall submit \(file) --job \(job.name) --again' runs \(job.onceMore)")
    }
}

extension SettlingFiles.Order {
    fileprivate init(_ order: JobDefinition.Source.Order) {
        switch order {
        case .name: self = .name
        case .modified: self = .modified
        }
    }
}
