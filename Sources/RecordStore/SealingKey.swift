import Foundation
import OpenSSL

/// The key that wraps all data keys of a database. It lives in a file of its own, beside no database it opens.
public struct SealingKey: Sendable {
    private static let byteCount = AES256GCM.keyByteCount

    let bytes: [UInt8]
    /// The first 8 bytes of the key's SHA-256, hexadecimal: names the key without giving it away.
    public let keyID: String

    private init(bytes: [UInt8]) throws {
        self.bytes = bytes
        keyID = String(try SHA256.hex(bytes).prefix(16))
    }

    /// Reads a key's file: 64 hexadecimal digits.
    ///
    /// - Parameters:
    ///   - path: The file.
    ///   - name: What to call it in messages; its last path component when nil.
    /// - Returns: The key.
    /// - Throws: ``StoreError`` with ``StoreError/Code/sealingKey`` when the file is missing, can be read by others than
    ///   its owner, or holds no key.
    public static func load(path: String, name: String? = nil) throws -> SealingKey {
        let name = name ?? URL(fileURLWithPath: path).lastPathComponent
        guard FileManager.default.fileExists(atPath: path) else {
            throw StoreError(.sealingKey, "The sealing key \(name) is missing; put it back or correct sealing_key")
        }
        let file = try FileDescriptor(path, O_RDONLY)
        guard try file.permissions() & 0o077 == 0 else {
            throw StoreError(.sealingKey, "The sealing key \(name) can be read by others; run chmod 600 on it")
        }
        let text = try file.read(upTo: 2 * byteCount + 2).filter { $0 != UInt8(ascii: "\n") }
        guard text.count == 2 * byteCount, let bytes = decode(text) else {
            throw StoreError(
                .sealingKey, "\(name) holds no sealing key; put the right file back or correct sealing_key")
        }
        return try SealingKey(bytes: bytes)
    }

    /// Makes a new key and its file, mode 0600, which must not exist yet.
    ///
    /// - Parameter path: The file.
    /// - Returns: The key.
    /// - Throws: ``StoreError`` when the file exists or can't be written.
    public static func create(path: String) throws -> SealingKey {
        let bytes = try SecureRandom.bytes(byteCount)
        try PrivateFile.createFolder(of: path)
        let file = try PrivateFile.create(path)
        try file.write(encode(bytes) + [UInt8(ascii: "\n")])
        try file.synchronize()
        try PrivateFile.synchronizeFolder(of: path)
        return try SealingKey(bytes: bytes)
    }

    private static func encode(_ bytes: [UInt8]) -> [UInt8] {
        let digits = Array("0123456789abcdef".utf8)
        return bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }
    }

    private static func decode(_ text: [UInt8]) -> [UInt8]? {
        let values = text.compactMap { Character(UnicodeScalar($0)).hexDigitValue }
        guard values.count == text.count else { return nil }
        return stride(from: 0, to: values.count, by: 2).map { UInt8(values[$0] << 4 | values[$0 + 1]) }
    }
}
