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

/// Where the sealing key comes from, as `sealing_key` names it.
package enum SealingKeySource: Sendable, Equatable {
    /// A file of 64 hexadecimal digits.
    case file(path: String)
    /// The file of that name in `$CREDENTIALS_DIRECTORY`, where systemd puts what `LoadCredential=` and its like name
    /// (`man 5 systemd.exec`).
    case credential(name: String)
    /// An inherited descriptor, which is read once and closed.
    case descriptor(Int32)

    private static let credentialPrefix = "credential:"
    private static let descriptorPrefix = "fd:"

    /// Reads the setting; what is neither a credential nor a descriptor is a path.
    package init(_ setting: String) {
        if setting.hasPrefix(Self.credentialPrefix) {
            self = .credential(name: String(setting.dropFirst(Self.credentialPrefix.count)))
        } else if setting.hasPrefix(Self.descriptorPrefix),
            let number = Int32(setting.dropFirst(Self.descriptorPrefix.count))
        {
            self = .descriptor(number)
        } else {
            self = .file(path: setting)
        }
    }

    /// The path of a key file that Rollcall makes and replaces itself; nil where somebody else hands the key over.
    var path: String? {
        guard case .file(let path) = self else { return nil }
        return path
    }

    /// Whether it is a file that Rollcall makes and replaces itself.
    package var isFile: Bool { path != nil }

    /// What people call it.
    package var name: String {
        switch self {
        case .file(let path): URL(fileURLWithPath: path).lastPathComponent
        case .credential(let name): Self.credentialPrefix + name
        case .descriptor(let number): Self.descriptorPrefix + "\(number)"
        }
    }
}

extension SealingKeySource {
    /// Whether another key can be had from it while the process lives.
    package var canBeReadAgain: Bool {
        if case .descriptor = self { false } else { true }
    }

    /// Whether the key can be had without using anything up; a descriptor counts once it has been read.
    func isAvailable(_ environment: [String: String] = ProcessInfo.processInfo.environment) -> Bool {
        switch self {
        case .file(let path): FileManager.default.fileExists(atPath: path)
        case .credential(let name):
            environment[Self.folderVariable].map { FileManager.default.fileExists(atPath: $0 + "/" + name) } ?? false
        case .descriptor(let number): InheritedKeys.shared.key(of: number) != nil
        }
    }

    /// Reads the key, and where a rotation is under way the one that is replacing it. It may block.
    ///
    /// - Parameter environment: Where `CREDENTIALS_DIRECTORY` is looked up.
    /// - Returns: The keys.
    /// - Throws: ``StoreError`` with ``StoreErrorCode/sealingKey``, which says what to do.
    func load(_ environment: [String: String] = ProcessInfo.processInfo.environment) throws -> SealingKeyRing {
        switch self {
        case .file(let path):
            let current = try SealingKey.load(path: path)
            let next = SealingKeyRing.pendingPath(beside: path)
            guard FileManager.default.fileExists(atPath: next) else { return SealingKeyRing(current) }
            return SealingKeyRing(current, pending: try SealingKey.load(path: next))
        case .credential(let name): return SealingKeyRing(try credential(name, environment))
        case .descriptor(let number): return SealingKeyRing(try InheritedKeys.shared.read(number, called: self.name))
        }
    }

    private static let folderVariable = "CREDENTIALS_DIRECTORY"

    private func credential(_ name: String, _ environment: [String: String]) throws -> SealingKey {
        guard let folder = environment[Self.folderVariable] else {
            throw StoreError(
                .sealingKey,
                "sealing_key is \(self.name), but there is no $\(Self.folderVariable): start this by systemd, with "
                    + "LoadCredential=\(name):FILE or LoadCredentialEncrypted= in its unit, or by `systemd-run -p` with it"
            )
        }
        guard FileManager.default.fileExists(atPath: folder + "/" + name) else {
            throw StoreError(
                .sealingKey,
                "There is no credential \(name) in $\(Self.folderVariable): add LoadCredential=\(name):FILE to the unit, "
                    + "or correct sealing_key")
        }
        // systemd lets the service's user read it by an access list, whose mask stands where the group's bits do.
        return try SealingKey.load(path: folder + "/" + name, name: self.name, forbidden: 0o007)
    }
}

/// The sealing key in force, and the one that a rotation under way is replacing it by: until the rotation has ended some
/// files are sealed under the one and some under the other.
struct SealingKeyRing: Sendable {
    let current: SealingKey
    let pending: SealingKey?

    init(_ current: SealingKey, pending: SealingKey? = nil) {
        self.current = current
        self.pending = pending
    }

    /// Where a rotation keeps the key that is to replace the one at a path.
    static func pendingPath(beside path: String) -> String { path + ".new" }

    /// The key with an id; nil when it is neither of them.
    func key(_ identifier: [UInt8]) -> SealingKey? {
        if current.identifier == identifier { return current }
        return pending?.identifier == identifier ? pending : nil
    }

    /// The key with an id.
    ///
    /// - Throws: ``StoreError`` with ``StoreErrorCode/sealingKey``, naming both, when it is neither of them.
    func require(_ identifier: [UInt8]) throws -> SealingKey {
        guard let key = key(identifier) else {
            throw StoreError.wrongSealingKey(needed: Hexadecimal.encode(identifier), given: current.keyID)
        }
        return key
    }
}

/// The keys read from inherited descriptors: each can be read only once in a process's life.
private final class InheritedKeys: Sendable {
    static let shared = InheritedKeys()

    private let keys = Lock<[Int32: SealingKey]>([:])

    /// The key that was read from a descriptor; nil before that.
    func key(of number: Int32) -> SealingKey? { keys.withLock { $0[number] } }

    /// The same, read now the first time.
    func read(_ number: Int32, called name: String) throws -> SealingKey {
        try keys.withLock { keys in
            if let key = keys[number] { return key }
            let text = try Self.content(of: number, called: name)
            let key = try SealingKey(text: text, called: name)
            keys[number] = key
            return key
        }
    }

    /// Whether a descriptor was there when the program began: all that it opens itself are closed when a program begins,
    /// and what was inherited was not.
    private static func isInherited(_ number: Int32) -> Bool {
        let flags = fcntl(number, F_GETFD)
        return flags != -1 && flags & FD_CLOEXEC == 0
    }

    private static func content(of number: Int32, called name: String) throws -> [UInt8] {
        guard number > 2, isInherited(number) else {
            throw StoreError(
                .sealingKey,
                "sealing_key is \(name), but no such descriptor was handed over: start Rollcall with \(number)<FILE, or "
                    + "correct sealing_key")
        }
        return try StoreFile.naming(name, "read", .reading) { () throws(SystemFault) in
            // Closed when this returns: nobody else is to find it open.
            let descriptor = try OwnedDescriptor(takingOwnershipOf: number)
            let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: SealingKey.longestText, alignment: 1)
            defer {
                buffer.initializeMemory(as: UInt8.self, repeating: 0)
                buffer.deallocate()
            }
            var filled = 0
            while filled < buffer.count {
                let read = try descriptor.readNext(into: UnsafeMutableRawBufferPointer(rebasing: buffer[filled...]))
                if read == 0 { break }
                filled += read
            }
            return Array(buffer[..<filled])
        }
    }
}
