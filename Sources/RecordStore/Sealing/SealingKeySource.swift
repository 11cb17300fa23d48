import Basics
import Foundation

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
