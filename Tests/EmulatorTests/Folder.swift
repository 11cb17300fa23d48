import Foundation

/// A temporary folder, removed with the value.
final class Folder: Sendable {
    let root: String

    init() throws {
        root = NSTemporaryDirectory() + "emulator-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: root, withIntermediateDirectories: true)
    }

    deinit {
        try? FileManager.default.removeItem(atPath: root)
    }

    func path(_ name: String) -> String {
        "\(root)/\(name)"
    }
}
