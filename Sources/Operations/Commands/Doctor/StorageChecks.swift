import Basics
import Foundation
import RecordStore
import Settings

/// The doctor's checks of folders, disk space, the sealing key and the database.
struct StorageChecks {
    let place: Installation
    /// Less free space than this causes a warning, in bytes: a night of a million records takes some 3 GiB.
    private static let comfortableSpace = 4 << 30
    /// Less free space than this is told of at once, in bytes.
    static let alarmingSpace = 1 << 30

    func findings() async -> [Finding] {
        [
            folder(
                place.settings.isOnPostgreSQL ? "node folder" : "database folder",
                holding: place.settings.databaseFiles),
            folder("output", holding: "\(place.settings.output)/x"),
        ] + KeyStorageChecks(place: place).findings() + [space(), await database()]
            + (await server()) + (await periodKeys()) + (await accountHashKey())
    }

    /// Where several nodes share the database: whether this one has the months' keys, and whether the next month has one that
    /// can be copied in time. An unreadable database is a finding of its own.
    private func periodKeys() async -> [Finding] {
        guard place.settings.isOnPostgreSQL, let store = try? await place.storeForReading() else { return [] }
        let nodes = (try? await store.nodesIfShared() ?? [])?.filter { $0.standing != .retired } ?? []
        let keys = try? await store.periodKeys()
        // It was read from, which is all there was to do.
        try? await store.close()
        guard let keys, nodes.count > 1 else { return [] }
        let missing = keys.filter { !$0.isDestroyed && !$0.isHere }.map(\.file)
        if let text = PeriodKeysElsewhere.warning(missing, keysFolder: place.settings.keysFolder) {
            return [.failure("period keys", text)]
        }
        let months = CalendarMonth(at: WallTime.now()).following(2)
        let lacking = months.filter { month in !keys.contains { $0.month == month && !$0.isDestroyed } }
        guard let first = lacking.first else {
            return [.fine("period keys", "those of this month and the next are here")]
        }
        return [
            .warning(
                "period keys",
                "\(first) has no key yet, and its first file makes one, which the other nodes lack: make it ahead, as "
                    + "\(Hint.help(["keys", "periods"])) says, and copy it to them")
        ]
    }

    /// Nothing where the database is a file, or there is none yet; a server that is not reached is the database's finding.
    private func server() async -> [Finding] {
        guard place.settings.isOnPostgreSQL, let store = try? await place.storeForReading() else { return [] }
        let found: [Finding]
        do {
            found = try await store.serverReport().map(findings) ?? []
        } catch {
            found = [.warning("database server", "it could not be asked: \(OperationFailure(error).message)")]
        }
        // It was read from, which is all there was to do.
        try? await store.close()
        return found
    }

    private func findings(_ server: ServerReport) -> [Finding] {
        var findings = [Finding.fine("database server", server.settings)]
        findings += server.faults.map { .warning("database server", $0) }
        let standby = server.standby
        findings.append(standby.isFault ? .warning("standby", standby.text) : .fine("standby", standby.text))
        findings.append(oldestTransaction(server))
        if let pooler = server.pooler {
            let unknown = "one is between; if it is PgBouncer, add \(server.user) to stats_users to see its version"
            findings.append(.fine("pooler", pooler.isEmpty ? unknown : pooler))
        }
        return findings
    }

    private func oldestTransaction(_ server: ServerReport) -> Finding {
        let check = "oldest transaction"
        let rest = server.seesAll ? "" : "; user \(server.user) may not see those of others: \(server.grant)"
        guard let oldest = server.oldestTransaction else { return .fine(check, "none is open" + rest) }
        let text = "open for \(NumberFormat.duration(seconds: oldest.age / .seconds(1))), \(oldest.owner)\(rest)"
        guard server.isTransactionTooOld else { return .fine(check, text) }
        return .warning(
            check,
            "\(text); what was deleted since is not cleared before it ends: end it, unless it is a copy being made")
    }

    /// Nothing where no job uses the key and no batch did; an unreadable database is a finding of its own.
    private func accountHashKey() async -> [Finding] {
        guard let store = try? await place.storeForReading() else { return [] }
        let finding: Finding? = await BlockingWork.run {
            do {
                return try store.existingAccountHashKey().map {
                    .fine(
                        "account hash key",
                        "key \($0.keyID) in \(AccountHashKey.fileName): keep a copy of it beside one of the sealing key; "
                            + "with another every person would be a new one, and be billed again")
                }
            } catch let error as StoreError where isOutOfReach(error) {
                return nil
            } catch {
                return .failure("account hash key", OperationFailure(error).message)
            }
        }
        // It was read from, which is all there was to do.
        try? await store.close()
        return finding.map { [$0] } ?? []
    }

    private func folder(_ check: String, holding path: String) -> Finding {
        let folder = FolderCheck(URL(filePath: path).deletingLastPathComponent().path)
        return folder.obstacle.map { .failure(check, $0) } ?? .fine(check, folder.nearest)
    }

    /// How much room the database's disk has. It may block.
    func space() -> Finding {
        let (free, folder) = freeSpace()
        return free.map { Self.space(free: $0, at: folder) }
            ?? .warning("disk", "\(folder): free space is unknown")
    }

    /// The free bytes of the database's disk, nil where that is unknown, and a folder on it. It may block.
    func freeSpace() -> (free: Int?, folder: String) {
        var information = statvfs()
        let folder = FolderCheck(URL(filePath: place.settings.databaseFiles).deletingLastPathComponent().path).nearest
        guard statvfs(folder, &information) == 0 else { return (nil, folder) }
        return (Int(information.f_bavail) * Int(information.f_frsize), folder)
    }

    /// The finding for this many free bytes in a folder.
    static func space(free: Int, at folder: String) -> Finding {
        let text = "\(NumberFormat.bytes(free)) free at \(folder)"
        return free < comfortableSpace
            ? .warning("disk", "\(text); a million records take some 3 GiB") : .fine("disk", text)
    }

    private func database() async -> Finding {
        let path = place.settings.isOnPostgreSQL ? "the database of PostgreSQL" : place.settings.database
        do {
            if let loss = try await place.database.loss() { return .failure("database", loss.description) }
            guard try await place.database.exists() else {
                return .fine("database", "\(path) does not exist yet; the first run makes it and its sealing key")
            }
            let (batches, isSound, fault) = try await place.reading { store in
                (try await store.batches(), try await store.isSound(), await keys(of: store))
            }
            guard isSound else {
                return .failure(
                    "database", "\(path) is damaged; put a backup in its place, as \(Hint.help(["restore"])) says")
            }
            let text = "\(path), \(Counted.things(batches.count, "batch"))"
            return fault ?? .fine("database", text + "; the sealing key fits, and so do the keys in keys_folder")
        } catch {
            return .failure("database", OperationFailure(error).message)
        }
    }
}

extension StorageChecks {
    /// Whether nothing can be said of a key from here: a unit's credential and a descriptor are the daemon's alone.
    private func isOutOfReach(_ error: StoreError) -> Bool {
        error.code == .sealingKey && !place.database.sealingKey.isFile
    }

    /// What is wrong with the keys that the database needs; nil: nothing.
    private func keys(of store: RecordStore) async -> Finding? {
        do {
            try await store.checkKeys()
            return nil
        } catch let error as StoreError where isOutOfReach(error) {
            return .warning("database", "from here the keys cannot be tried: \(error.message)")
        } catch {
            return .failure("database", OperationFailure(error).message)
        }
    }
}

/// The doctor's checks of what the daemon needs: its jobs with their folders, schedules, groups and commands; and
/// whether one runs.
struct DaemonChecks {
    let place: Installation

    func findings() async -> [Finding] {
        let runner = await runner()
        do {
            return try JobsCheckOperation.findings([], settings: place.settings).map(named) + [runner]
        } catch {
            return [.failure("jobs", OperationFailure(error).message), runner]
        }
    }

    private func runner() async -> Finding {
        do {
            guard let process = try await place.database.runnerProcess() else {
                return .fine("runner", "nobody runs batches now")
            }
            return .fine("runner", "process \(process) runs batches now")
        } catch {
            return .failure("runner", OperationFailure(error).message)
        }
    }

    /// Among other checks a job's name alone would say too little.
    private func named(_ finding: Finding) -> Finding {
        let isAboutAll = finding.check == "jobs"
        return Finding(
            check: isAboutAll ? "jobs" : "job \(finding.check)", level: finding.level, message: finding.message)
    }
}

/// The doctor's checks of where the keys lie: losing them means losing everything that they seal, and a copy of them
/// beside a backup undoes what destroying a month's key is for.
private struct KeyStorageChecks {
    let place: Installation

    func findings() -> [Finding] { [keysFolder(), copies()] }

    /// What lies there has to outlive the database's folder, and to stay what it is when that is restored.
    private func keysFolder() -> Finding {
        let path = place.settings.keysFolder
        if let obstacle = FolderCheck(path).obstacle { return .failure("keys_folder", obstacle) }
        let others = [
            ("the database's folder", place.settings.databaseFiles), ("output", "\(place.settings.output)/x"),
        ]
        for (setting, key) in place.keyPlaces {
            for (name, file) in others where place.isBelow(key, folderOf: file) {
                return .warning(
                    "keys_folder",
                    "\(setting), \(key), lies inside \(name): who loses, restores or copies that, does the same with the "
                        + "keys and ledger.trace; name another folder")
            }
        }
        return .fine("keys_folder", "\(path); its ledger.trace is never to be copied back")
    }

    /// What has to be copied, and where to.
    private func copies() -> Finding {
        let folder = place.settings.keysFolder
        let key =
            place.database.sealingKey.isFile ? place.settings.sealingKey : "the key behind \(place.settings.sealingKey)"
        return .fine(
            "copies",
            "copy \(folder) but for ledger.trace, and \(key), after each month's first file and each rotation, to another "
                + "place than backups: without them no backup can be read")
    }
}

extension Installation {
    /// Where keys lie on this machine, by the settings that say so.
    var keyPlaces: [(setting: String, path: String)] {
        let key = database.sealingKey.isFile ? [("sealing_key", settings.sealingKey)] : []
        return [("keys_folder", settings.keysFolder)] + key
    }

    /// Whether a path is the folder that a file lies in, or below it.
    func isBelow(_ path: String, folderOf file: String) -> Bool {
        let folder = URL(filePath: file).standardizedFileURL.deletingLastPathComponent().path
        return (URL(filePath: path).standardizedFileURL.path + "/").hasPrefix(folder + "/")
    }
}
