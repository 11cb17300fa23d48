import Basics
import Foundation
import OpenSSL
package import RecordStore

/// One result file being written: under a temporary name, renamed when complete, removed if it is never completed.
final class ResultFile {
    let name: String
    private let folder: ResultFolder
    private let temporaryName: String
    private let descriptor: Int32
    private let sink: ByteSink
    private var isPublished = false

    init(_ name: String, in folder: ResultFolder) throws {
        self.name = name
        self.folder = folder
        temporaryName = ResultFolder.temporaryPrefix(of: name) + UUID().uuidString
        descriptor = try folder.create(temporaryName)
        sink = try ByteSink(descriptor: descriptor, name: name, isHashed: true)
    }

    deinit {
        close(descriptor)
        if !isPublished { try? folder.remove(temporaryName) }
    }

    func write(_ bytes: [UInt8]) throws { try sink.write(bytes) }

    /// Writes the rest and waits until it is on the disk.
    func complete() throws -> FileFacts {
        let digest = try sink.finish()
        guard fsync(descriptor) == 0 else {
            throw ResultError(.notWritten, name, cannotBe: "written to disk", because: SystemFault(errno))
        }
        return FileFacts(name: name, bytes: sink.byteCount, digest: digest)
    }

    func publish() throws {
        try folder.rename(temporaryName, to: name)
        isPublished = true
    }
}

/// What is known of a written file.
struct FileFacts {
    let name: String
    let bytes: Int
    let digest: [UInt8]
}

/// Buffers bytes for a descriptor it doesn't own; counts and, where requested, hashes them.
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
        return ResultError(.notWritten, name, cannotBe: "written", because: SystemFault(code))
    }
}

/// The folder of one batch's results: private, and changed by one process at a time.
///
/// Files are written under a temporary name (`.NAME.tmp-…`) and renamed when whole, so that a reader never sees half a
/// file. Temporaries that a crash left behind are removed by the next writer, which holds the folder's lock.
final class ResultFolder {
    let path: String
    private let descriptor: Int32

    /// Opens the folder with mode 0700, made with those above it where they are missing, and waits for its lock.
    init(path: String) throws {
        self.path = path
        try Self.make(path)
        descriptor = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
        guard descriptor >= 0 else { throw Self.failure("opened", path) }
        guard fchmod(descriptor, 0o700) == 0, Self.lock(descriptor) else {
            let error = Self.failure("taken over", path)
            close(descriptor)
            throw error
        }
    }

    // Closing gives the lock back.
    deinit { close(descriptor) }

    /// Removes the temporaries of earlier writers of these files.
    func removeTemporaries(of names: [String]) throws {
        let prefixes = names.map { Self.temporaryPrefix(of: $0) }
        for file in try FileManager.default.contentsOfDirectory(atPath: path)
        where prefixes.contains(where: file.hasPrefix) {
            try remove(file)
        }
    }

    /// Removes a file if it is there.
    func remove(_ name: String) throws {
        guard unlinkat(descriptor, name, 0) == 0 || errno == ENOENT else { throw Self.failure("removed", name) }
    }

    /// Opens a new file with mode 0600 under a temporary name.
    func create(_ temporaryName: String) throws -> Int32 {
        let flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC
        let file = openat(descriptor, temporaryName, flags, 0o600)
        guard file >= 0 else { throw Self.failure("created", temporaryName) }
        return file
    }

    func rename(_ temporaryName: String, to name: String) throws {
        guard renameat(descriptor, temporaryName, descriptor, name) == 0 else { throw Self.failure("renamed", name) }
    }

    /// Makes names survive a power cut (`man 2 fsync`).
    func synchronize() throws {
        guard fsync(descriptor) == 0 else { throw Self.failure("written to disk", path) }
    }

    static func temporaryPrefix(of name: String) -> String { ".\(name).tmp-" }

    private static func make(_ path: String) throws {
        do {
            try FileManager.default.createDirectory(
                atPath: path, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        } catch {
            let fault = SystemFault(behind: error) ?? SystemFault(EACCES)
            let advice = fault.maySubside ? fault.advice : "check `output` and its permissions"
            throw ResultError(.notWritten, "the folder \(path) cannot be made; \(advice)", cause: fault.text)
        }
    }

    private static func lock(_ descriptor: Int32) -> Bool {
        while flock(descriptor, LOCK_EX) != 0 {
            guard errno == EINTR else { return false }
        }
        return true
    }

    private static func failure(_ verb: String, _ name: String) -> ResultError {
        ResultError(.notWritten, name, cannotBe: verb, because: SystemFault(errno))
    }
}

/// What the `summary.json` of a folder says of the batch it was written for: enough to tell whether the files beside it
/// are still those of the batch.
package struct ResultStamp: Sendable {
    private let summary: Summary
    private let filesAreThere: Bool

    /// Reads the stamp of a folder; nil where there is no summary, or none that can be read.
    ///
    /// - Parameter folder: a batch's folder.
    package init?(folder: String) {
        let files = FileManager.default
        guard let bytes = files.contents(atPath: "\(folder)/summary.json"),
            let summary = try? JSONDecoder().decode(Summary.self, from: bytes)
        else { return nil }
        self.summary = summary
        filesAreThere = summary.files.allSatisfy { files.fileExists(atPath: "\(folder)/\($0.name)") }
    }

    /// Whether the files were written for a batch, at whichever of its ends.
    package func concerns(_ batch: Batch) -> Bool {
        summary.batch.number == batch.id.rawValue && summary.batch.digest == Hexadecimal.encode(batch.contentDigest)
    }

    /// Whether the files are there and describe the batch as it is now: of the same end, with the same counters.
    package func tells(of batch: Batch) -> Bool {
        concerns(batch) && filesAreThere && summary.state == batch.state.rawValue
            && summary.times.finished == batch.finishedAt.map(Timestamp.text)
            && summary.records == BatchSummary.Records(BatchFigures(batch.counts))
            && summary.calls.attempts == batch.counts.attempts
    }

    private struct Summary: Sendable, Decodable {
        let batch: Identity
        let state: String
        let records: BatchSummary.Records
        let calls: Calls
        let times: Times
        let files: [File]
    }

    private struct Identity: Sendable, Decodable {
        let number: Int64
        let digest: String

        enum CodingKeys: String, CodingKey {
            case number
            case digest = "input_sha256"
        }
    }

    private struct Calls: Sendable, Decodable {
        let attempts: Int
    }

    private struct Times: Sendable, Decodable {
        let finished: String?
    }

    private struct File: Sendable, Decodable {
        let name: String
    }
}
