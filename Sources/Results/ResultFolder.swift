import Basics
import Foundation
import RecordStore

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
        ResultError(name, cannotBe: verb, because: SystemFault(errno))
    }
}
