import Basics
import Foundation
import RecordStore

/// One result file on its way: written under a temporary name, renamed when whole, removed if it never gets there.
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
            throw ResultError(name, cannotBe: "written to disk", because: SystemFault(errno))
        }
        return FileFacts(name: name, bytes: sink.byteCount, digest: digest)
    }

    func publish() throws {
        try folder.rename(temporaryName, to: name)
        isPublished = true
    }
}
