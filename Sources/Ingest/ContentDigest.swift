import Basics
import Foundation
import OpenSSL

/// What a file is known by, whatever it holds.
public enum ContentDigest {
    /// The digest of a file as it lies there now.
    ///
    /// - Parameter path: Where it lies.
    /// - Returns: SHA-256 of its whole content, 32 bytes; nil where there is no file.
    /// - Throws: `InputError` when it cannot be read; `OpenSSLError` when no digest can be made.
    public static func of(fileAt path: String) throws -> [UInt8]? {
        guard let identity = try identity(of: path) else { return nil }
        let file = try OpenFile(path: path)
        var digest = try SHA256Stream()
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: RecordReader.portion, alignment: 64)
        defer { buffer.deallocate() }
        var offset = 0
        while case let count = try file.read(into: buffer, at: offset), count > 0 {
            try digest.update(UnsafeRawBufferPointer(rebasing: buffer.prefix(count)))
            offset += count
        }
        // Replaced or written to meanwhile: none of the files that were there is this one.
        guard try file.identity().isSameBesidesName(as: identity) else { return [] }
        return try digest.finish()
    }

    /// A regular file as it stands; nil for anything else, and for nothing. Links are not followed.
    private static func identity(of path: String) throws -> FileIdentity? {
        var facts = stat()
        guard lstat(path, &facts) == 0 else {
            let code = errno
            if code == ENOENT { return nil }
            let name = FileName.shown(URL(fileURLWithPath: path).lastPathComponent)
            throw OpenFile.refusal(opening: name, code: code)
        }
        return facts.st_mode & S_IFMT == S_IFREG ? FileIdentity(facts) : nil
    }
}
