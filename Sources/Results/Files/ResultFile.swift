import Basics
import Foundation
import OpenSSL
package import RecordStore

/// One result file being written: under a temporary name, renamed when complete, removed if it is never completed.
final class ResultFile {
    let name: String
    private let folder: ResultFolder
    private let temporaryName: String
    private let file: OwnedDescriptor
    private let sink: ByteSink
    private var isPublished = false

    init(_ name: String, in folder: ResultFolder) throws {
        self.name = name
        self.folder = folder
        temporaryName = ResultFolder.temporaryPrefix(of: name) + UUID().uuidString
        file = try folder.create(temporaryName)
        sink = try ByteSink(descriptor: file.number, name: name, isHashed: true)
    }

    deinit {
        // The next writing of this folder removes what is left under a temporary name.
        if !isPublished { try? folder.remove(temporaryName) }
    }

    func write(_ bytes: [UInt8]) throws { try sink.write(bytes) }

    /// Writes the rest and waits until it is on the disk.
    func complete() throws -> FileFacts {
        let digest = try sink.finish()
        try ResultFolder.naming(name, "written to disk") { () throws(SystemFault) in try file.synchronize() }
        return FileFacts(name: name, bytes: sink.byteCount, digest: digest)
    }

    /// Where it is while it is being written, for a library that opens files by their names; it must keep the file that
    /// is there, which is private.
    var temporaryPath: String { "\(folder.path)/\(temporaryName)" }

    /// The folder it comes into.
    var folderPath: String { folder.path }

    /// Waits until what a library has written at ``temporaryPath`` is on the disk.
    func completeFromDisk() throws -> FileFacts {
        try ResultFolder.naming(name, "written to disk") { () throws(SystemFault) in try file.synchronize() }
        let written = try ResultFolder.naming(name, "read") { () throws(SystemFault) in
            try OwnedDescriptor(opening: temporaryPath, O_RDONLY | O_NOFOLLOW)
        }
        let content = try written.digest(named: name)
        return FileFacts(name: name, bytes: content.bytes, digest: content.digest)
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
    /// 256 KiB a write, so that there are few of them.
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
        try buffer.withUnsafeBytes { try digest?.update($0) }
        try SystemFault.translating(by: failure) { () throws(SystemFault) in
            try SystemCall.write(buffer, to: descriptor)
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

    private func failure(_ fault: SystemFault) -> ResultError {
        if fault.code == EPIPE { return ResultError(.closed, "\(name) was closed before everything was written") }
        return ResultError(.notWritten, name, cannotBe: "written", because: fault)
    }
}

/// The folder of one batch's results: private, and changed by one process at a time.
///
/// Files are written under a temporary name (`.NAME.tmp-…`) and renamed when whole, so that a reader never sees half a
/// file. Temporaries that a crash left behind are removed by the next writer, which holds the folder's lock.
final class ResultFolder {
    let path: String
    private let descriptor: OwnedDescriptor

    /// Opens the folder with mode 0700, made with those above it where they are missing, and waits for its lock.
    init(path: String) throws {
        self.path = path
        try Self.make(path)
        descriptor = try Self.naming(path, "opened") { () throws(SystemFault) in
            try OwnedDescriptor(opening: path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW)
        }
        try Self.naming(path, "taken over") { () throws(SystemFault) in
            try descriptor.setMode(0o700)
            try descriptor.lock(.exclusive)
        }
    }

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
        try Self.naming(name, "removed") { () throws(SystemFault) in
            guard unlinkat(descriptor.number, name, 0) != 0, errno != ENOENT else { return }
            throw SystemFault(errno)
        }
    }

    /// Opens a new file with mode 0600 under a temporary name.
    func create(_ temporaryName: String) throws -> OwnedDescriptor {
        try Self.naming(temporaryName, "created") { () throws(SystemFault) in
            try OwnedDescriptor(opening: temporaryName, in: descriptor, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW)
        }
    }

    func rename(_ temporaryName: String, to name: String) throws {
        try Self.naming(name, "renamed") { () throws(SystemFault) in
            try SystemCall.performing { renameat(descriptor.number, temporaryName, descriptor.number, name) }
        }
    }

    /// Makes names survive a power cut (`man 2 fsync`).
    func synchronize() throws {
        try Self.naming(path, "written to disk") { () throws(SystemFault) in try descriptor.synchronize() }
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

    /// Makes system calls whose fault becomes an error that names a file.
    @discardableResult
    static func naming<Value: ~Copyable>(
        _ name: String, _ verb: String, _ calls: () throws(SystemFault) -> Value
    ) throws(ResultError) -> Value {
        try SystemFault.translating(by: { ResultError(.notWritten, name, cannotBe: verb, because: $0) }, calls)
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
