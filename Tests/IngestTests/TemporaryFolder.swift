import Foundation

@testable import Ingest

/// A folder of one test, removed with it.
final class TemporaryFolder {
    let path: String

    init() throws {
        path = NSTemporaryDirectory() + "rollcall-ingest-" + UUID().uuidString
        try FileManager.default.createDirectory(
            atPath: path, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    /// Writes a file and gives its path.
    func write(_ bytes: [UInt8], named name: String = "accounts.csv") throws -> String {
        let file = path + "/" + name
        try Data(bytes).write(to: URL(fileURLWithPath: file))
        return file
    }

    func write(_ text: String, named name: String = "accounts.csv") throws -> String {
        try write(Array(text.utf8), named: name)
    }

    /// Opens a file with this content.
    func open(
        _ text: String, named name: String = "accounts.csv", mapping: FieldMapping? = nil
    ) throws -> InputFile {
        try InputFile.open(path: write(text, named: name), mapping: mapping)
    }

    /// The error with which a file of this content is refused as a whole.
    func refusal(
        of bytes: [UInt8], named name: String = "accounts.csv", mapping: FieldMapping? = nil
    ) throws -> InputError? {
        let file = try write(bytes, named: name)
        do {
            _ = try InputFile.open(path: file, mapping: mapping).examine()
            return nil
        } catch let error as InputError {
            return error
        }
    }

    func refusal(
        of text: String, named name: String = "accounts.csv", mapping: FieldMapping? = nil
    ) throws -> InputError? {
        try refusal(of: Array(text.utf8), named: name, mapping: mapping)
    }
}
