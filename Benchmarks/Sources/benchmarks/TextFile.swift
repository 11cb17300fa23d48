import Foundation

/// Small text files that children write.
enum TextFile {
    /// The whole text; empty where there is no such file.
    static func text(of path: String) -> String {
        String(decoding: FileManager.default.contents(atPath: path) ?? Data(), as: UTF8.self)
    }

    /// The last lines of it, for a message.
    static func end(of path: String) -> String {
        text(of: path).split(separator: "\n").suffix(3).joined(separator: "; ")
    }
}
