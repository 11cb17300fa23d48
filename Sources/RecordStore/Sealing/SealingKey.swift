import Basics
import Foundation
import OpenSSL

/// The key that seals the keys in `keys_folder`, and so, by them, everything in the database. It is kept away from every
/// database it opens.
package struct SealingKey: Sendable {
    static let byteCount = AES256GCM.keyByteCount

    let bytes: [UInt8]
    /// The first 8 bytes of the key's SHA-256, hexadecimal: identifies the key without revealing it.
    package let keyID: String

    private init(bytes: [UInt8]) throws {
        self.bytes = bytes
        keyID = String(try SHA256.hex(bytes).prefix(16))
    }

    /// The most bytes of a key's text: its digits, and an end of line of either kind and a byte more, which shows that
    /// there is something else.
    static let longestText = 2 * byteCount + 3

    /// Reads a key's text: 64 hexadecimal digits.
    ///
    /// - Throws: ``StoreError`` with ``StoreErrorCode/sealingKey`` when it is something else.
    init(text: [UInt8], called name: String) throws {
        let digits = text.filter { $0 != UInt8(ascii: "\n") }
        guard digits.count == 2 * Self.byteCount, let bytes = Hexadecimal.decode(digits) else {
            throw StoreError(
                .sealingKey,
                "\(name) holds no sealing key, which is 64 hexadecimal digits; put the right one back or correct "
                    + "sealing_key")
        }
        try self.init(bytes: bytes)
    }

    /// Reads a key file.
    ///
    /// - Parameters:
    ///   - path: The file.
    ///   - name: What to call it in messages; its last path component when nil.
    ///   - forbidden: The permission bits that it must not have.
    /// - Returns: The key.
    /// - Throws: ``StoreError`` with ``StoreErrorCode/sealingKey`` when the file is missing, readable by others than
    ///   its owner, or holds no key.
    package static func load(path: String, name: String? = nil, forbidden: UInt32 = 0o077) throws -> SealingKey {
        let name = name ?? URL(fileURLWithPath: path).lastPathComponent
        guard FileManager.default.fileExists(atPath: path) else {
            throw StoreError(.sealingKey, "The sealing key \(name) is missing; put it back or correct sealing_key")
        }
        let file = try StoreFile(path, O_RDONLY)
        guard try file.permissions() & forbidden == 0 else {
            throw StoreError(.sealingKey, "The sealing key \(name) can be read by others; run chmod 600 on it")
        }
        return try SealingKey(text: try file.read(upTo: longestText), called: name)
    }

    /// Generates a key and creates its file, mode 0600, which must not exist yet.
    ///
    /// - Parameters:
    ///   - path: The file.
    ///   - example: A file whose owner it gets, where the process may give files away; nil: its own.
    /// - Returns: The key.
    /// - Throws: ``StoreError`` when the file exists or can't be written.
    package static func create(path: String, ownedLike example: String? = nil) throws -> SealingKey {
        let bytes = try SecureRandom.bytes(byteCount)
        try PrivateFile.createFolder(of: path)
        guard !FileManager.default.fileExists(atPath: path) else {
            let name = URL(fileURLWithPath: path).lastPathComponent
            throw StoreError(name, cannotBe: "made", because: SystemFault(EEXIST))
        }
        let part = path + ".part"
        unlink(part)  // Of a process that was killed here.
        let file = try PrivateFile.create(part)
        if let example { try file.takeOwner(of: StoreFile(example, O_RDONLY)) }
        try file.write(Array("\(Hexadecimal.encode(bytes))\n".utf8))
        try file.synchronize()
        // A key is there whole or not at all.
        try PrivateFile.rename(part, to: path)
        return try SealingKey(bytes: bytes)
    }
}

extension SealingKey {
    /// ``keyID`` as its 8 bytes.
    var identifier: [UInt8] {
        Hexadecimal.decode(keyID.utf8) ?? []
    }

    /// Seals another key; `owner` is what it belongs to, 0 for the whole database.
    func wrap(_ key: [UInt8], owner: Int64, as column: SealedColumn) throws -> [UInt8] {
        var seal = try Seal(key: bytes, id: identifier)
        return try seal.seal(key, record: owner, column: column)
    }

    /// Opens a key sealed with ``wrap(_:owner:as:)``.
    ///
    /// - Throws: ``StoreError`` with ``StoreErrorCode/altered`` when it was altered or belongs somewhere else.
    func unwrap(_ wrapped: [UInt8], owner: Int64, as column: SealedColumn) throws -> [UInt8] {
        var seal = try Seal(key: bytes, id: identifier)
        return try seal.open(wrapped, record: owner, column: column)
    }
}
