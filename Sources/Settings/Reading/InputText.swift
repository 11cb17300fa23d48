import Foundation

/// A small text file read whole, with what its permissions allow.
struct InputText {
    let text: String
    /// Whether group or others can read or write it.
    let isOpenToOthers: Bool

    /// Reads at most 1 MiB of UTF-8.
    ///
    /// - Throws: a sentence to be put behind the file's name.
    init(path: String) throws(Refusal) {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { throw Refusal(errno: errno) }
        defer { close(descriptor) }
        var facts = stat()
        guard fstat(descriptor, &facts) == 0, facts.st_mode & S_IFMT == S_IFREG else {
            throw Refusal("it is not a regular file")
        }
        guard facts.st_size <= Self.limit else { throw Refusal("it is larger than 1 MiB") }
        isOpenToOthers = facts.st_mode & 0o077 != 0
        let bytes = try Self.read(descriptor)
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw Refusal("it is not UTF-8: save it as UTF-8 text")
        }
        self.text = text.hasPrefix("\u{FEFF}") ? String(text.dropFirst()) : text
    }

    /// Why a file cannot be read.
    struct Refusal: Error {
        let message: String

        init(_ message: String) { self.message = message }

        init(errno code: Int32) {
            switch code {
            case ENOENT: self.init("there is no such file")
            case EACCES: self.init("its permissions do not let you read it")
            default: self.init("it cannot be read: \(String(cString: strerror(code)))")
            }
        }
    }

    private static let limit = 1 << 20

    private static func read(_ descriptor: Int32) throws(Refusal) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: limit + 1)
        var filled = 0
        while filled < bytes.count {
            let count = bytes.withUnsafeMutableBytes {
                Foundation.read(descriptor, $0.baseAddress?.advanced(by: filled), $0.count - filled)
            }
            if count < 0 && errno == EINTR { continue }
            guard count >= 0 else { throw Refusal(errno: errno) }
            if count == 0 { return Array(bytes[..<filled]) }
            filled += count
        }
        throw Refusal("it is larger than 1 MiB")
    }
}

/// A password or another value that must not be shown: its descriptions and reflection hide it.
package struct Secret: Sendable, Equatable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// The secret itself, for the one place that needs it.
    package let revealed: String

    /// Hides a value.
    package init(_ revealed: String) { self.revealed = revealed }

    /// Three dots.
    package var description: String { "…" }
    /// Three dots.
    package var debugDescription: String { "…" }
    /// A mirror without children.
    package var customMirror: Mirror { Mirror(self, children: []) }
}
