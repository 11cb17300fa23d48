import Basics
import Foundation

extension FolderCalls {
    /// Names of texts on their way; hidden, so that no inbox takes them for files.
    static let temporaryPrefix = ".rollcall-"

    /// Writes a small text under a temporary name and renames it when it is whole. What an earlier try left of it goes
    /// first: a full disk must not fill up with temporaries.
    ///
    /// - Parameters:
    ///   - text: the text.
    ///   - path: where it goes; replaced when it is there.
    ///   - group: the group that may read and write it; nil for nobody but the owner.
    ///   - isDurable: whether the text must be on the disk before it has its name.
    /// - Throws: ``DropFolderError`` when it cannot be written.
    func write(_ text: String, to path: String, sharedWith group: ExchangeGroup?, isDurable: Bool = true) throws {
        let (folder, name) = Self.parts(of: path)
        let temporary = "\(folder)/\(Self.temporaryPrefix)\(name).tmp"
        try remove(temporary)
        let file = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600)
        guard file >= 0 else { return try failure(.notWritten, "written", path) }
        defer { close(file) }
        try afterEach(.createText)
        if let group { try share(file, named: path, with: group, mode: 0o660) }
        try write(Array(text.utf8), to: file, named: path)
        guard !isDurable || fsync(file) == 0 else { return try failure(.notWritten, "written to disk", path) }
        try replace(path, with: temporary)
    }

    private func write(_ bytes: [UInt8], to file: Int32, named path: String) throws {
        let written = bytes.withUnsafeBytes { bytes in
            SystemCall.transferring(bytes.count) { moved in
                Foundation.write(file, bytes.baseAddress.map { $0 + moved }, bytes.count - moved)
            }
        }
        guard written == bytes.count else { return try failure(.notWritten, "written", path) }
        try afterEach(.writeText)
    }

    /// Makes a folder's names survive a power cut (`man 2 fsync`); some network file systems do so by themselves and
    /// answer EINVAL.
    func synchronize(_ folder: String) throws {
        let descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { return try failure(.folder, "opened", folder) }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 || errno == EINVAL else { return try failure(.folder, "written to disk", folder) }
        try afterEach(.synchronize)
    }
}
