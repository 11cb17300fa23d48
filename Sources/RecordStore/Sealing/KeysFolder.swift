import Basics
import Foundation

/// The files of keys that `keys_folder` holds, each sealed by the sealing key: the fingerprint key, and below `periods`
/// one for each calendar month in which files were taken in.
struct KeysFolder: Sendable {
    let path: String

    /// The file of the key that fingerprints requests.
    var fingerprintKey: String { path + "/fingerprint.key" }

    /// The file of the key by which account ids are hashed; there is one only where a job uses it.
    var accountHashKey: String { "\(path)/\(AccountHashKey.fileName)" }

    /// The file of the key that signs receipts; there is one only where something was signed.
    var auditKey: String { path + "/audit.key" }

    /// The list of persons who were forgotten, as keyed hashes.
    var forgotten: String { path + "/forgotten" }

    /// The file that says where the database is that the keys belong to, once it was moved.
    var moved: String { path + "/moved" }

    private var periods: String { path + "/periods" }

    /// The file of a period key.
    func file(of name: PeriodKeyName) -> String { "\(periods)/\(name.stem).key" }

    /// The file that stays when a period key has been destroyed. It tells a destroyed key from a lost one, which a
    /// database restored from before cannot.
    func destructionNote(of name: PeriodKeyName) -> String { "\(periods)/\(name.stem).destroyed" }

    /// Performs work while no other process changes a file here; waits for one that does.
    ///
    /// - Throws: ``StoreError`` with ``StoreErrorCode/keysFolder`` when the folder is missing and can't be made, or is
    ///   none.
    func locked<Value>(_ work: () throws -> Value) throws -> Value {
        let folder = try openOrMade()
        try folder.lockWaiting()
        return try work()
    }

    private func openOrMade() throws -> StoreFile {
        do {
            try PrivateFile.createFolder(of: fingerprintKey)
            return try StoreFile(path, O_RDONLY | O_DIRECTORY)
        } catch {
            throw StoreError.keysFolder(path, because: error, for: "fingerprint.key")
        }
    }

    /// The period keys whose files are here, oldest month first.
    func periodKeys() throws -> [PeriodKeyName] { try names(ending: ".key") }

    /// The period keys that were destroyed here.
    func destroyedKeys() throws -> [PeriodKeyName] { try names(ending: ".destroyed") }

    private func names(ending suffix: String) throws -> [PeriodKeyName] {
        guard FileManager.default.fileExists(atPath: periods) else { return [] }
        let files: [String]
        do {
            files = try FileManager.default.contentsOfDirectory(atPath: periods)
        } catch {
            let fault = SystemFault(behind: error) ?? SystemFault(EACCES)
            throw StoreError("periods", cannotBe: "read", while: .reading, because: fault)
        }
        let stems = files.filter { $0.hasSuffix(suffix) }.map { String($0.dropLast(suffix.count)) }
        return stems.sorted().compactMap(PeriodKeyName.init(stem:))
    }

    /// All files sealed by the sealing key but for the ledger's trace.
    func sealedFiles() throws -> [String] {
        let others = [fingerprintKey, accountHashKey, auditKey].filter { FileManager.default.fileExists(atPath: $0) }
        return try periodKeys().map(file(of:)) + others
    }
}

extension KeysFolder {
    /// Destroys a period key: notes that it was, overwrites its file, removes it. Returns once all of this would survive
    /// a power cut; it can be interrupted anywhere and called again.
    ///
    /// - Parameters:
    ///   - name: The key.
    ///   - beforeStep: Called before each step; what it throws ends the destruction there.
    /// - Throws: ``StoreError`` when a file can't be written or removed.
    func destroy(_ name: PeriodKeyName, beforeStep: () throws -> Void = {}) throws {
        let (file, note) = (file(of: name), destructionNote(of: name))
        try beforeStep()
        if !FileManager.default.fileExists(atPath: note) {
            try PrivateFile.createFolder(of: note)
            try PrivateFile.create(note).synchronize()
            try PrivateFile.synchronizeFolder(of: note)
        }
        guard FileManager.default.fileExists(atPath: file) else { return }
        try beforeStep()
        let content = try StoreFile(file, O_RDWR)
        try content.write([UInt8](repeating: 0, count: try content.byteCount()))
        try content.synchronize()
        try beforeStep()
        try StoreFile.naming(URL(fileURLWithPath: file).lastPathComponent, "removed") { () throws(SystemFault) in
            try SystemCall.performing { unlink(file) }
        }
        try PrivateFile.synchronizeFolder(of: file)
    }
}

/// A key sealed by the sealing key, in a file of its own, mode 0600.
///
/// Layout: magic ‖ database (16) ‖ sealing key's id (8) ‖ what it is (8) ‖ whose it is (8) ‖ sealed key (60), numbers
/// big-endian. What and whose are part of the associated data, so that no file can stand in for another.
struct SealedKeyFile: Sendable, Equatable {
    private static let magic = Array("rollcall sealed key 1\n".utf8)
    private static let sealedByteCount = SealingKey.byteCount + Seal.overhead
    private static let byteCount = magic.count + 16 + 8 + 8 + 8 + sealedByteCount

    let storeID: [UInt8]
    let sealingKeyID: [UInt8]
    let column: UInt64
    let owner: Int64
    private let sealed: [UInt8]

    /// Seals a key.
    init(_ key: [UInt8], as column: SealedColumn, owner: Int64, storeID: [UInt8], by sealingKey: SealingKey) throws {
        self.storeID = storeID
        sealingKeyID = sealingKey.identifier
        self.column = column.rawValue
        self.owner = owner
        sealed = try sealingKey.wrap(key, owner: owner, as: column)
    }

    /// Reads a file; nil when there is none.
    ///
    /// - Throws: ``StoreError`` with ``StoreErrorCode/keysFolder`` when it is none of these.
    static func read(_ path: String) throws -> SealedKeyFile? {
        guard FileManager.default.fileExists(atPath: path) else { return nil }
        let name = URL(fileURLWithPath: path).lastPathComponent
        let file = try StoreFile(path, O_RDONLY)
        guard try file.permissions() & 0o077 == 0 else {
            throw StoreError(.keysFolder, "\(name) in keys_folder can be read by others; run chmod 600 on it")
        }
        let bytes = try file.read(upTo: byteCount + 1)
        guard bytes.count == byteCount, bytes.starts(with: magic) else {
            throw StoreError(
                .keysFolder, "\(name) in keys_folder is damaged; put it back from your copy of keys_folder")
        }
        var rest = bytes.dropFirst(magic.count)
        func take(_ count: Int) -> [UInt8] {
            defer { rest = rest.dropFirst(count) }
            return Array(rest.prefix(count))
        }
        let (storeID, sealingKeyID, numbers) = (take(16), take(8), take(16))
        return SealedKeyFile(
            storeID: storeID, sealingKeyID: sealingKeyID, column: UInt64(bitPattern: numbers.integer(at: 0)),
            owner: numbers.integer(at: 8), sealed: Array(rest))
    }

    private init(storeID: [UInt8], sealingKeyID: [UInt8], column: UInt64, owner: Int64, sealed: [UInt8]) {
        self.storeID = storeID
        self.sealingKeyID = sealingKeyID
        self.column = column
        self.owner = owner
        self.sealed = sealed
    }

    private var bytes: [UInt8] {
        Self.magic + storeID + sealingKeyID + Int64(bitPattern: column).bytes + owner.bytes + sealed
    }

    /// Writes it, in place of what was there; it survives a power cut when this returns.
    ///
    /// - Throws: ``StoreError`` with ``StoreErrorCode/keysFolder`` naming the file, unless the disk is full.
    func write(_ path: String) throws {
        do {
            try PrivateFile.createFolder(of: path)
            try PrivateFile.replace(path, with: bytes)
        } catch {
            let file = URL(fileURLWithPath: path)
            let folder = file.deletingLastPathComponent().path
            throw StoreError.keysFolder(folder, because: error, for: file.lastPathComponent)
        }
    }

    /// Opens the key.
    ///
    /// - Throws: ``StoreError`` with ``StoreErrorCode/altered`` when it is not what it should be.
    func key(as column: SealedColumn, owner: Int64, with sealingKey: SealingKey) throws -> [UInt8] {
        try sealingKey.unwrap(sealed, owner: owner, as: column)
    }

    /// The same key sealed by another sealing key.
    ///
    /// - Throws: ``StoreError`` with ``StoreErrorCode/altered`` when `old` does not open it.
    func resealed(from old: SealingKey, by new: SealingKey) throws -> SealedKeyFile {
        guard let kind = SealedColumn(rawValue: column) else {
            throw StoreError(.keysFolder, "A file in keys_folder is of a newer Rollcall; use that one")
        }
        let key = try old.unwrap(sealed, owner: owner, as: kind)
        return try SealedKeyFile(key, as: kind, owner: owner, storeID: storeID, by: new)
    }
}
