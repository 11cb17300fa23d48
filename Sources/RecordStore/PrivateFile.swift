import Basics
import Foundation

/// Files that nobody but their owner may read.
enum PrivateFile {
    /// Creates a file with mode 0600 that must not exist yet.
    ///
    /// - Throws: ``StoreError`` naming the file's last path component.
    static func create(_ path: String) throws -> FileDescriptor {
        try FileDescriptor(path, O_CREAT | O_EXCL | O_RDWR)
    }

    /// Opens a file to read and write, creating it with mode 0600 when it isn't there.
    static func open(_ path: String) throws -> FileDescriptor {
        try FileDescriptor(path, O_CREAT | O_RDWR)
    }

    /// Creates the folder a file lies in, mode 0700, when it isn't there.
    ///
    /// - Throws: ``StoreError`` naming the folder.
    static func createFolder(of path: String) throws {
        let folder = URL(fileURLWithPath: path).deletingLastPathComponent().path
        guard !FileManager.default.fileExists(atPath: folder) else { return }
        do {
            try FileManager.default.createDirectory(
                atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        } catch {
            throw StoreError(folder, cannotBe: "made", because: SystemFault(behind: error) ?? SystemFault(EACCES))
        }
    }

    /// Makes a new or renamed file's directory entry survive a power cut (`man 2 fsync`).
    static func synchronizeFolder(of path: String) throws {
        let folder = URL(fileURLWithPath: path).deletingLastPathComponent().path
        try FileDescriptor(folder, O_RDONLY | O_DIRECTORY).synchronize()
    }
}
