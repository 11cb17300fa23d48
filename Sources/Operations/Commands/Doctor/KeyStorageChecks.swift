import Foundation
import RecordStore
import Settings

/// The doctor's checks of where the keys lie: losing them means losing everything that they seal, and a copy of them
/// beside a backup undoes what destroying a month's key is for.
struct KeyStorageChecks {
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
