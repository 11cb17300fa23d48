import Basics
import Foundation
import OpenSSL
import RecordStore

/// Bytes on their way into a descriptor it doesn't own: gathered, counted and, where asked for, hashed.
final class ByteSink {
    private static let capacity = 1 << 18

    private let descriptor: Int32
    private let name: String
    private var buffer: [UInt8] = []
    private var digest: SHA256Stream?
    private(set) var byteCount = 0

    init(descriptor: Int32, name: String, isHashed: Bool) throws {
        self.descriptor = descriptor
        self.name = name
        buffer.reserveCapacity(Self.capacity + Self.capacity / 4)
        if isHashed { digest = try SHA256Stream() }
    }

    func write(_ bytes: [UInt8]) throws {
        buffer.append(contentsOf: bytes)
        if buffer.count >= Self.capacity { try flush() }
    }

    func flush() throws {
        try buffer.withUnsafeBytes { bytes in
            try digest?.update(bytes)
            try writeAll(bytes)
        }
        byteCount += buffer.count
        buffer.removeAll(keepingCapacity: true)
    }

    /// Writes what is left.
    ///
    /// - Returns: the SHA-256 of all bytes, empty where they are not hashed.
    func finish() throws -> [UInt8] {
        try flush()
        return try digest.take()?.finish() ?? []
    }

    private func writeAll(_ bytes: UnsafeRawBufferPointer) throws {
        let written = SystemCall.transferring(bytes.count) { moved in
            let rest = UnsafeRawBufferPointer(rebasing: bytes[moved...])
            return Foundation.write(descriptor, rest.baseAddress, rest.count)
        }
        guard written == bytes.count else { throw failure(errno) }
    }

    private func failure(_ code: Int32) -> ResultError {
        if code == EPIPE { return ResultError(.closed, "\(name) was closed before everything was written") }
        return ResultError(name, cannotBe: "written", because: SystemFault(code))
    }
}
