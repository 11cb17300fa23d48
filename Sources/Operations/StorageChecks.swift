import Foundation
import RecordStore
import Settings

/// The doctor's look at folders, disk space, the sealing key and the database.
struct StorageChecks {
    let place: Workplace
    /// Less free space than this is worth a warning, in bytes: a night of a million records takes some 3 GB.
    private static let comfortableSpace = 4 << 30

    func findings() -> [Finding] {
        [
            folder("database folder", holding: place.settings.database),
            folder("output", holding: "\(place.settings.output)/x"),
        ]
            + [space(), database()]
    }

    /// The nearest folder that exists must be writable: the rest is made when needed.
    private func folder(_ check: String, holding path: String) -> Finding {
        let folder = nearestFolder(of: path)
        guard access(folder, W_OK | X_OK) == 0 else {
            return .failure(check, "\(folder) cannot be written by \(NSUserName()); change its owner or the setting")
        }
        return .fine(check, folder)
    }

    private func space() -> Finding {
        var information = statvfs()
        let folder = nearestFolder(of: place.settings.database)
        guard statvfs(folder, &information) == 0 else { return .warning("disk", "\(folder): free space is unknown") }
        let free = Int(information.f_bavail) * Int(information.f_frsize)
        let text = "\(free >> 20) MiB free at \(folder)"
        return free < Self.comfortableSpace
            ? .warning("disk", "\(text); a million records take some 3 GB") : .fine("disk", text)
    }

    private func database() -> Finding {
        let path = place.settings.database
        guard FileManager.default.fileExists(atPath: path) else {
            return .fine("database", "\(path) does not exist yet; the first run makes it and its sealing key")
        }
        do {
            let store = try place.storeForReading()
            defer { try? store.close() }
            let batches = try store.batches()
            return .fine("database", "\(path), \(Figures.count(batches.count)) batches; the sealing key fits")
        } catch {
            return .failure("database", OperationFailure(error).message)
        }
    }

    private func nearestFolder(of path: String) -> String {
        var folder = URL(filePath: path).deletingLastPathComponent()
        while folder.path != "/", !FileManager.default.fileExists(atPath: folder.path) {
            folder.deleteLastPathComponent()
        }
        return folder.path
    }
}
