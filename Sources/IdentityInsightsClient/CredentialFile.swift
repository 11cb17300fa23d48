import Foundation

/// One file of key material: read whole, and refused where others could have read it before us.
struct CredentialFile {
    let setting: String
    let path: String

    /// Longest key or certificate file read, in bytes; a chain of PEM certificates is far below it.
    static let maximumBytes = 1 << 20

    /// The file's bytes.
    ///
    /// - Parameter mustBePrivate: Whether the file holds a private key, so that group and others may have no access.
    /// - Returns: The whole content, at least one byte.
    /// - Throws: `CredentialError` with the remedy.
    func read(mustBePrivate: Bool) throws(CredentialError) -> [UInt8] {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw failure("cannot be read: \(String(cString: strerror(errno)))") }
        defer { close(descriptor) }
        try check(descriptor, mustBePrivate: mustBePrivate)
        return try bytes(of: descriptor)
    }

    /// What is wrong with the file, as the words that follow its path.
    private func failure(_ predicate: String) -> CredentialError { error("\(path) \(predicate)") }

    /// What is wrong with the file, as a sentence that names it.
    func error(_ message: String) -> CredentialError {
        CredentialError(setting: setting, path: path, message: message)
    }

    private func check(_ descriptor: Int32, mustBePrivate: Bool) throws(CredentialError) {
        var information = stat()
        guard fstat(descriptor, &information) == 0 else { throw failure("cannot be examined") }
        guard information.st_mode & S_IFMT == S_IFREG else { throw failure("is not a regular file") }
        guard !mustBePrivate || information.st_mode & 0o077 == 0 else {
            throw failure("can be read by others; make it private with chmod 600")
        }
    }

    private func bytes(of descriptor: Int32) throws(CredentialError) -> [UInt8] {
        var content = [UInt8](repeating: 0, count: Self.maximumBytes + 1)
        var count = 0
        while count < content.count {
            let got = content.withUnsafeMutableBytes { buffer in
                Glibc.read(descriptor, buffer.baseAddress.map { $0 + count }, buffer.count - count)
            }
            if got < 0, errno == EINTR { continue }
            guard got >= 0 else { throw failure("cannot be read: \(String(cString: strerror(errno)))") }
            if got == 0 { break }
            count += got
        }
        guard count <= Self.maximumBytes else { throw failure("is larger than any key; is it the right file?") }
        guard count > 0 else { throw failure("is empty") }
        return Array(content[..<count])
    }
}
