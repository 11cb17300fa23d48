import Foundation

/// Files nobody else may read: they hold keys, or name accounts.
enum PrivateFile {
    /// Writes a file of mode 0600 from its first byte on, in place of one that may be there.
    ///
    /// - Parameters:
    ///   - bytes: what it holds.
    ///   - path: where it is.
    ///   - name: what to call the file in an error.
    /// - Throws: ``EmulatorError`` with the system's reason.
    static func write(_ bytes: [UInt8], to path: String, name: String) throws(EmulatorError) {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw .file(name, String(cString: strerror(errno))) }
        defer { close(descriptor) }
        guard fchmod(descriptor, 0o600) == 0, write(bytes, to: descriptor) else {
            throw .file(name, String(cString: strerror(errno)))
        }
    }

    /// Whether the kernel took all the bytes; if not, `errno` says why.
    static func write(_ bytes: [UInt8], to descriptor: Int32) -> Bool {
        var rest = bytes[...]
        while !rest.isEmpty {
            let written = rest.withUnsafeBytes { Foundation.write(descriptor, $0.baseAddress, $0.count) }
            if written < 0, errno == EINTR { continue }
            guard written >= 0 else { return false }
            rest = rest.dropFirst(written)
        }
        return true
    }
}
