import Foundation

/// A folder of one test, removed with it.
package final class TemporaryFolder {
    /// Where it lies.
    package let path: String

    /// Makes it, readable by its owner alone.
    package init() throws {
        path = NSTemporaryDirectory() + "rollcall-" + UUID().uuidString
        try FileManager.default.createDirectory(
            atPath: path, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    /// Writes a file and gives its path.
    package func write(_ bytes: [UInt8], named name: String = "accounts.csv") throws -> String {
        let file = path + "/" + name
        try Data(bytes).write(to: URL(fileURLWithPath: file))
        return file
    }

    /// Writes a file and gives its path.
    package func write(_ text: String, named name: String = "accounts.csv") throws -> String {
        try write(Array(text.utf8), named: name)
    }
}
