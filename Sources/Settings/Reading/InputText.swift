import Basics
import Foundation

/// A small text file read whole, with what its permissions allow.
struct InputText {
    let text: String
    /// Whether group or others can read or write it.
    let isOpenToOthers: Bool

    /// Reads at most 1 MiB of UTF-8.
    ///
    /// - Throws: a sentence to be put after the file's name.
    init(path: String) throws(Refusal) {
        let file = try SystemFault.translating(by: Refusal.init) { () throws(SystemFault) in
            try OwnedDescriptor(opening: path, O_RDONLY | O_NONBLOCK)
        }
        let facts = try SystemFault.translating(by: Refusal.init) { () throws(SystemFault) in try file.facts() }
        guard facts.st_mode & S_IFMT == S_IFREG else { throw Refusal("it is not a regular file") }
        guard facts.st_size <= Self.limit else { throw Refusal("it is larger than 1 MiB") }
        isOpenToOthers = facts.st_mode & 0o077 != 0
        let bytes = try SystemFault.translating(by: Refusal.init) { () throws(SystemFault) in
            try file.read(upTo: Self.limit + 1)
        }
        guard bytes.count <= Self.limit else { throw Refusal("it is larger than 1 MiB") }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw Refusal("it is not UTF-8: save it as UTF-8 text")
        }
        self.text = text.hasPrefix("\u{FEFF}") ? String(text.dropFirst()) : text
    }

    /// Why a file cannot be read.
    struct Refusal: Error {
        let message: String

        init(_ message: String) { self.message = message }

        init(_ fault: SystemFault) {
            switch fault.code {
            case ENOENT: self.init("there is no such file")
            case EACCES: self.init("its permissions do not let you read it")
            default: self.init("it cannot be read: \(fault.text)")
            }
        }
    }

    /// In bytes: what is larger is no file of settings.
    private static let limit = 1 << 20
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
