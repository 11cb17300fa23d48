package import Basics
import CPlatform
import Foundation
import OpenSSL

/// Owner of a file descriptor opened for reading. All reads name their offset, so it can be shared.
final class OpenFile: InputSource {
    /// The file's name, without its folder.
    let name: String
    private let descriptor: OwnedDescriptor

    /// Opens a regular file.
    ///
    /// - Parameter path: path of the file; `-` is refused, a file is known by its whole content.
    /// - Throws: `InputError` for anything that is not a readable regular file.
    init(path: String) throws(InputError) {
        name = PlainText.line(URL(fileURLWithPath: path).lastPathComponent)
        guard path != "-" else {
            throw InputError(
                file: "standard input", rule: "cannot be read twice; save it as a file and name that file")
        }
        // O_NONBLOCK keeps the opening of a pipe from waiting for its writer; regular files ignore it.
        let name = name
        descriptor = try SystemFault.translating(by: { Self.refusal(opening: name, code: $0.code) }) {
            () throws(SystemFault) in try OwnedDescriptor(opening: path, O_RDONLY | O_NONBLOCK)
        }
        try requireRegular()
    }

    /// The sentence for a failed `open(2)`.
    static func refusal(opening name: String, code: Int32) -> InputError {
        switch code {
        case ENOENT where FileName.isDamaged(name):
            InputError(file: name, rule: "cannot be found: its name is not UTF-8; rename the file")
        case ENOENT: InputError(file: name, rule: "does not exist; check the path")
        case EACCES, EPERM: InputError(file: name, rule: "cannot be read: no permission; ask for read access")
        case ENOTDIR: InputError(file: name, rule: "lies below something that is not a directory; check the path")
        default: InputError(file: name, rule: "cannot be opened: \(String(cString: strerror(code)))")
        }
    }

    func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int) throws(InputError) -> Int {
        try SystemFault.translating(by: { failure("cannot be read: \($0.text)") }) { () throws(SystemFault) in
            try descriptor.read(into: buffer, at: offset)
        }
    }

    func identity() throws(InputError) -> FileIdentity {
        FileIdentity(try facts())
    }

    var isOpenForWriting: Bool { rollcall_try_reading_lease(descriptor.number) != 0 && errno == EAGAIN }

    private func requireRegular() throws(InputError) {
        switch try facts().st_mode & S_IFMT {
        case S_IFREG: return
        case S_IFDIR: throw failure("is a directory; name a file")
        default: throw failure("is not a regular file; save the records as a file and name that")
        }
    }

    private func facts() throws(InputError) -> stat {
        try SystemFault.translating(by: { failure("cannot be examined: \($0.text)") }) { () throws(SystemFault) in
            try descriptor.facts()
        }
    }

    private func failure(_ rule: String) -> InputError {
        InputError(file: name, rule: rule)
    }
}

/// A file's name as it was given.
enum FileName {
    /// Whether bytes that are not UTF-8 were replaced when the name was read from the command line, so that it names no
    /// file any more.
    static func isDamaged(_ name: String) -> Bool { name.unicodeScalars.contains("\u{FFFD}") }
}

/// The identity of a file by its content.
package enum ContentDigest {
    /// The digest of a file as it is now.
    ///
    /// - Parameter path: Where it lies.
    /// - Returns: SHA-256 of its whole content, 32 bytes; nil where there is no file.
    /// - Throws: `InputError` when it cannot be read; `OpenSSLError` when no digest can be made.
    package static func of(fileAt path: String) throws -> [UInt8]? {
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
        // Replaced or written to meanwhile: the digest would match none of the versions.
        guard try file.identity().isSameBesidesName(as: identity) else { return [] }
        return try digest.finish()
    }

    /// A regular file as it is now; nil for anything else, and for nothing. Links are not followed.
    private static func identity(of path: String) throws -> FileIdentity? {
        var facts = stat()
        guard lstat(path, &facts) == 0 else {
            let code = errno
            if code == ENOENT { return nil }
            let name = PlainText.line(URL(fileURLWithPath: path).lastPathComponent)
            throw OpenFile.refusal(opening: name, code: code)
        }
        return facts.st_mode & S_IFMT == S_IFREG ? FileIdentity(facts) : nil
    }
}

/// Bytes that can be read from any offset: a file, or the bytes of a test in awkward portions.
package protocol ByteSource: Sendable {
    /// Reads up to `buffer.count` bytes from `offset` on; fewer are allowed, none means the end.
    ///
    /// - Parameters:
    ///   - buffer: receives the bytes.
    ///   - offset: offset in bytes from the beginning.
    /// - Returns: how many bytes were read.
    /// - Throws: `InputError` when the system cannot read.
    func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int) throws(InputError) -> Int
}

/// A whole file that can be taken in: one on a disk, or one that only this process can open.
package protocol InputSource: ByteSource {
    /// The file's name, without its folder.
    var name: String { get }

    /// The file's identity now; it changes when the file is written to.
    ///
    /// - Returns: device, inode, size, and the times of the last write and the last change.
    /// - Throws: `InputError` when the system cannot answer.
    func identity() throws(InputError) -> FileIdentity

    /// Whether a program on this machine has the file open for writing, as far as the system tells.
    var isOpenForWriting: Bool { get }
}
