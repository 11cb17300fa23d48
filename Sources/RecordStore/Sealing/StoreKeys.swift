package import Basics
import Foundation
import OpenSSL

/// The keys of one database that lie outside it, read when they are first needed.
///
/// After a rotation files name a sealing key that was not read yet: it is read again then, so that a process that runs
/// meanwhile continues.
final class StoreKeys: Sendable {
    let folder: KeysFolder
    let storeID: [UInt8]
    private let state: Lock<State>

    private struct State {
        var source: SealingKeySource
        var ring: SealingKeyRing?
        var fingerprints: HMACSHA256?
        var periods: [PeriodKeyName: PeriodKey] = [:]
    }

    init(source: SealingKeySource, folder: KeysFolder, storeID: [UInt8], ring: SealingKeyRing? = nil) {
        self.folder = folder
        self.storeID = storeID
        state = Lock(State(source: source, ring: ring))
    }

    /// Whether the sealing key can be had.
    var isSealingKeyAvailable: Bool { state.withLock { $0.ring != nil || $0.source.isAvailable() } }

    /// The key that fingerprints requests; the first time it may block.
    ///
    /// - Throws: ``StoreError``: ``StoreErrorCode/keysFolder`` when its file is missing or damaged,
    ///   ``StoreErrorCode/sealingKey`` when the sealing key is missing or another.
    func fingerprints() throws -> HMACSHA256 {
        if let known = state.withLock({ $0.fingerprints }) { return known }
        guard let key = try key(at: folder.fingerprintKey, as: .fingerprintKey, owner: 0) else {
            throw StoreError.fingerprintKeyMissing(folder.path)
        }
        let fingerprints = try HMACSHA256(key: key)
        state.withLock { $0.fingerprints = fingerprints }
        return fingerprints
    }

    /// A period key; the first time it may block.
    ///
    /// - Throws: ``StoreError``: ``StoreErrorCode/purged`` when it was destroyed, ``StoreErrorCode/keysFolder`` when its
    ///   file is missing or damaged, ``StoreErrorCode/sealingKey`` when the sealing key is missing or another.
    func periodKey(_ name: PeriodKeyName) throws -> PeriodKey {
        if let known = state.withLock({ $0.periods[name] }) { return known }
        guard let key = try key(at: folder.file(of: name), as: .periodKey, owner: name.id.owner) else {
            // A copy that was restored names keys that were destroyed since it was made.
            throw try folder.destroyedKeys().contains(name)
                ? StoreError.destroyed(name.month) : StoreError.periodKeyMissing(name, folder.path)
        }
        let period = try PeriodKey(name, key)
        state.withLock { $0.periods[name] = period }
        return period
    }

    /// The key for the batches of a month that has none: one whose file another process has just made, or that an
    /// earlier copy of the database lacks, else a new one. Its file is on the disk when this returns; it may block.
    func newPeriodKey(for month: CalendarMonth) throws -> PeriodKey {
        try folder.locked {
            let destroyed = Set(try folder.destroyedKeys())
            let found = try folder.periodKeys().last { $0.month == month && !destroyed.contains($0) }
            if let found { return try periodKey(found) }
            let name = PeriodKeyName(month: month, id: try PeriodKeyID.random())
            try SealedKeyFile(
                SecureRandom.bytes(SealingKey.byteCount), as: .periodKey, owner: name.id.owner, storeID: storeID,
                by: sealingKeyInForce()
            ).write(folder.file(of: name))
            return try periodKey(name)
        }
    }

    /// Makes a key with a file of its own where there is none; its file is on the disk when this returns. It may block.
    func makeIfMissing(at path: String, as column: SealedColumn) throws {
        try folder.locked {
            guard !FileManager.default.fileExists(atPath: path) else { return }
            try SealedKeyFile(
                SecureRandom.bytes(SealingKey.byteCount), as: column, owner: 0, storeID: storeID,
                by: sealingKeyInForce()
            ).write(path)
        }
    }

    /// Forgets a period key that was destroyed.
    func forget(_ name: PeriodKeyName) { state.withLock { $0.periods[name] = nil } }

    /// Reads the sealing key again and makes sure that it opens what lies in the folder.
    ///
    /// - Throws: ``StoreError`` when it does not; the key read before stays.
    func reload(from source: SealingKeySource) throws {
        let ring = try readAnew(from: source)
        state.withLock { state in (state.source, state.ring) = (source, ring) }
    }

    /// Makes sure that the files in which the keys lie still open, whatever was read of them before: the sealing key, the
    /// key that fingerprints requests and a period key. It may block, and changes nothing.
    ///
    /// - Throws: ``StoreError`` as for each of these keys.
    func requireFiles(of period: PeriodKeyName?) throws {
        let ring = try readAnew(from: state.withLock { $0.source })
        guard let period else { return }
        guard let file = try SealedKeyFile.read(folder.file(of: period)) else {
            throw StoreError.periodKeyMissing(period, folder.path)
        }
        _ = try file.key(as: .periodKey, owner: period.id.owner, with: ring.require(file.sealingKeyID))
    }

    /// The sealing key as it lies there now, which opens the key that fingerprints requests.
    private func readAnew(from source: SealingKeySource) throws -> SealingKeyRing {
        guard let file = try SealedKeyFile.read(folder.fingerprintKey) else {
            throw StoreError.fingerprintKeyMissing(folder.path)
        }
        var ring = try source.load()
        // A rotation may have renamed the new key between the looks for the one name and for the other.
        if ring.key(file.sealingKeyID) == nil { ring = try source.load() }
        guard let key = ring.key(file.sealingKeyID) else {
            throw source.canBeReadAgain
                ? StoreError.wrongSealingKey(needed: Hexadecimal.encode(file.sealingKeyID), given: ring.current.keyID)
                : StoreError(
                    .sealingKey,
                    "The sealing key was rotated, but \(source.name) is read only once: restart with the new key")
        }
        _ = try file.key(as: .fingerprintKey, owner: 0, with: key)
        return ring
    }

    /// The sealing key in force and the one that is replacing it.
    func ring() throws -> SealingKeyRing {
        if let ring = state.withLock({ $0.ring }) { return ring }
        return try readRing()
    }

    private func readRing() throws -> SealingKeyRing {
        let ring = try state.withLock({ $0.source }).load()
        state.withLock { $0.ring = ring }
        return ring
    }

    /// The sealing key that the folder's files are under now: what is added must be found by a rotation, or fit its end.
    private func sealingKeyInForce() throws -> SealingKey {
        guard let file = try SealedKeyFile.read(folder.fingerprintKey) else {
            throw StoreError.fingerprintKeyMissing(folder.path)
        }
        return try sealingKey(file.sealingKeyID)
    }

    private func sealingKey(_ identifier: [UInt8]) throws -> SealingKey {
        if let key = try ring().key(identifier) { return key }
        // A rotation may rename the new key between the looks for the one name and for the other.
        for _ in 0..<2 {
            if let key = try readRing().key(identifier) { return key }
        }
        return try ring().require(identifier)
    }

    /// The key in a file of the folder; nil when there is none.
    func key(at path: String, as column: SealedColumn, owner: Int64) throws -> [UInt8]? {
        guard let file = try SealedKeyFile.read(path) else { return nil }
        guard file.storeID == storeID else {
            let name = URL(fileURLWithPath: path).lastPathComponent
            throw StoreError(
                .keysFolder,
                "\(name) in \(folder.path) is of another database: name a keys_folder of its own for each database, or "
                    + "put the right files back")
        }
        return try file.key(as: column, owner: owner, with: sealingKey(file.sealingKeyID))
    }
}

extension RecordStore {
    /// Reads the sealing key again, from where the settings name it now, after a rotation; it need not be the same place.
    ///
    /// - Throws: ``StoreError`` when it does not open what lies in `keys_folder`; the key read before stays.
    package func reloadKeys(from source: SealingKeySource) async throws {
        try await BlockingWork.run { try keys.reload(from: source) }
    }

    /// Makes sure that the files of the keys without which nothing can be taken in or sent are there and open, however long
    /// this process has known the keys.
    ///
    /// - Parameter now: The time, by whose month a period key is chosen.
    /// - Throws: ``StoreError``: ``StoreErrorCode/sealingKey`` or ``StoreErrorCode/keysFolder``, naming the first that
    ///   does not.
    package func requireKeyFiles(at now: WallTime) async throws {
        let month = CalendarMonth(at: now)
        try await BlockingWork.run {
            try keys.requireFiles(of: readWaiting { try PeriodKeyName.live(in: month, $0) })
        }
    }

    /// Makes sure that the keys outside the database are there and open.
    ///
    /// - Throws: ``StoreError``: ``StoreErrorCode/sealingKey`` or ``StoreErrorCode/keysFolder``, naming the first that
    ///   does not.
    package func checkKeys() async throws {
        try await BlockingWork.run {
            _ = try keys.fingerprints()
            let destroyed = Set(try keys.folder.destroyedKeys())
            // In a copy that was restored, keys may still count as live that were destroyed since it was made.
            for name in try readWaiting({ try PeriodKeyName.all(.live, $0) }) where !destroyed.contains(name) {
                _ = try keys.periodKey(name)
            }
        }
    }
}

extension StoreError {
    /// Without it nothing can be taken in, nor an identical request found.
    static func fingerprintKeyMissing(_ folder: String) -> StoreError {
        StoreError(
            .keysFolder,
            "fingerprint.key is missing from \(folder): put it back from your copy of keys_folder; nothing can be taken in "
                + "without it")
    }

    /// Without it no batch of its month can be read.
    static func periodKeyMissing(_ name: PeriodKeyName, _ folder: String) -> StoreError {
        StoreError(
            .keysFolder,
            "periods/\(name.stem).key is missing from \(folder): put it back from your copy of keys_folder, or copy it from "
                + "the node that made it; no batch of \(name.month) can be read without it")
    }
}
