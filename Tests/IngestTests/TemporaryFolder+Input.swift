import Basics
import Foundation
import TestSupport

@testable import Ingest

extension TemporaryFolder {
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
