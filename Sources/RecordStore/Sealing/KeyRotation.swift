import Basics
import Foundation

/// What a rotation of the sealing key did.
package struct KeyRotationReport: Sendable, Equatable, Codable {
    /// The id of the key that was in force.
    package var oldKey: String
    /// The id of the key that is in force now.
    package var newKey: String
    /// How many files were sealed again; those that an interrupted rotation had done are not counted again.
    package var resealed = 0
    /// Where the new key is.
    package var newKeyFile: String
    /// Where the old key is; nil where somebody else keeps it.
    package var oldKeyFile: String?
    /// Whether `sealing_key` has to name the new file before anything is started again.
    package var wantsSetting = false

    package enum CodingKeys: String, CodingKey, CaseIterable {
        case resealed
        case oldKey = "old_key"
        case newKey = "new_key"
        case newKeyFile = "new_key_file"
        case oldKeyFile = "old_key_file"
        case wantsSetting = "wants_setting"
    }
}

/// Replaces the sealing key: seals every key in `keys_folder` by a new one. The database is not touched, so it takes as
/// long whatever its size.
///
/// The new key is on the disk before the first file is sealed by it, each file is replaced as a whole, and the key takes
/// its name last; the old one keeps another. Interrupted anywhere, it is completed by the next call, and until then
/// whoever opens a file finds the key for it: see ``SealingKeyRing``.
struct KeyRotation {
    let source: SealingKeySource
    /// The file for the new key, `--to`; nil: beside the old one, whose name it takes in the end.
    let target: String?
    let folder: KeysFolder
    /// Called before each step; what it throws ends the rotation there.
    var beforeStep: () throws -> Void = {}

    /// - Returns: What was done.
    /// - Throws: ``StoreError``: ``StoreErrorCode/notAllowed`` when another rotation is at work or no file for the new
    ///   key is named and none can be chosen; otherwise when a key is missing or wrong, or a file can't be written.
    func run() throws -> KeyRotationReport {
        try folder.locked {
            let old = try source.load().current
            guard let path = target ?? source.path.map(SealingKeyRing.pendingPath(beside:)) else {
                throw StoreError(
                    .notAllowed,
                    "sealing_key is \(source.name), which Rollcall cannot replace: name a file for the new key by --to")
            }
            let pending = try pendingKey(at: path)
            guard pending?.keyID != old.keyID else {
                throw StoreError(.notAllowed, "\(path) holds the sealing key in force; name another file with --to")
            }
            // A key that is made and then not used would be taken for the one in force.
            if let file = try SealedKeyFile.read(folder.fingerprintKey) {
                _ = try SealingKeyRing(old, pending: pending).require(file.sealingKeyID)
            }
            let new = try pending ?? newKey(at: path)
            let keys = SealingKeyRing(old, pending: new)
            var report = KeyRotationReport(oldKey: old.keyID, newKey: new.keyID, newKeyFile: path)
            for file in try folder.sealedFiles() { report.resealed += try reseal(file, keys, by: new) }
            report.resealed += try resealTrace(keys, by: new)
            try requireNothing(under: old)
            guard target == nil, let name = source.path else {
                (report.oldKeyFile, report.wantsSetting) = (source.path, true)
                return report
            }
            (report.newKeyFile, report.oldKeyFile) = (name, try exchange(path, for: name, old))
            return report
        }
    }

    /// The new key where an interrupted rotation has made it.
    private func pendingKey(at path: String) throws -> SealingKey? {
        guard FileManager.default.fileExists(atPath: path) else { return nil }
        return try SealingKey.load(path: path)
    }

    private func newKey(at path: String) throws -> SealingKey {
        // A folder that is not there is more likely mistyped than wanted, and a key would be looked for elsewhere.
        let parent = URL(fileURLWithPath: path).deletingLastPathComponent().path
        guard FileManager.default.fileExists(atPath: parent) else {
            throw StoreError(
                .notAllowed, "\(parent) is not there; make that folder first, or name another file with --to")
        }
        try beforeStep()
        return try SealingKey.create(path: path, ownedLike: source.path)
    }

    /// - Returns: 1, or 0 where the file is sealed by the new key already.
    private func reseal(_ path: String, _ keys: SealingKeyRing, by new: SealingKey) throws -> Int {
        guard let file = try SealedKeyFile.read(path), file.sealingKeyID != new.identifier else { return 0 }
        try beforeStep()
        try file.resealed(from: keys.require(file.sealingKeyID), by: new).write(path)
        return 1
    }

    /// The trace is known by its inode, and a runner has it open: its header alone is overwritten, in one sector.
    private func resealTrace(_ keys: SealingKeyRing, by new: SealingKey) throws -> Int {
        guard LedgerTrace.exists(in: folder.path) else { return 0 }
        let file = try StoreFile(LedgerTrace.path(in: folder.path), O_RDWR)
        let header = LedgerTraceLayout.Header(try file.read(upTo: LedgerTraceLayout.Header.byteCount))
        guard let header, header.sealingKeyID != new.identifier else { return 0 }
        try beforeStep()
        try file.write(header.resealed(from: keys.require(header.sealingKeyID), by: new).bytes)
        try file.synchronize()
        return 1
    }

    /// The old key may be done without only when no file is sealed by it any more.
    private func requireNothing(under old: SealingKey) throws {
        for path in try folder.sealedFiles() where try SealedKeyFile.read(path)?.sealingKeyID == old.identifier {
            let name = URL(fileURLWithPath: path).lastPathComponent
            throw StoreError(.keysFolder, "\(name) in keys_folder is still sealed by the old key; call this again")
        }
    }

    /// Gives the new key the old one's name, and that one another.
    ///
    /// - Returns: The old key's new path.
    private func exchange(_ new: String, for name: String, _ old: SealingKey) throws -> String {
        let kept = "\(name).old-\(old.keyID)"
        try beforeStep()
        // Copied, not renamed: there is a key under the old name at all times.
        try PrivateFile.replace(kept, with: StoreFile(name, O_RDONLY).read(upTo: SealingKey.longestText))
        try beforeStep()
        try PrivateFile.rename(new, to: name)
        return kept
    }
}

extension StoreDescription {
    /// Replaces the sealing key of the keys beside a database.
    ///
    /// - Throws: ``StoreError`` with ``StoreErrorCode/keysFolder`` when these are another database's, or as
    ///   ``KeyRotation/run()`` does.
    func rotateSealingKey(of identity: StoreIdentity, to target: String?) throws -> KeyRotationReport {
        guard let fingerprints = try SealedKeyFile.read(keys.fingerprintKey) else {
            throw StoreError.fingerprintKeyMissing(keysFolder)
        }
        guard fingerprints.storeID == identity.storeID else {
            throw StoreError(.keysFolder, "\(keysFolder) holds the keys of another database; correct keys_folder")
        }
        return try KeyRotation(source: sealingKey, target: target, folder: keys).run()
    }
}
