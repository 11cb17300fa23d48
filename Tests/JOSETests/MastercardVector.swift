import Foundation
import Testing

/// The tokens published in the tests of Mastercard's own libraries. They lie beside the repository, not in it.
struct MastercardVector: Decodable, Sendable, CustomTestStringConvertible {
    let name: String
    let kind: String
    let jwe: String
    let privateKeyFile: String
    let expectedPlaintext: String?

    var testDescription: String { name }

    static let folder = URL(filePath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appending(path: "shared/iia/jwe-vectors")

    static let all: [MastercardVector] = {
        struct File: Decodable { let vectors: [MastercardVector] }
        guard let data = try? Data(contentsOf: folder.appending(path: "vectors.json")),
            let file = try? Vectors.decoder.decode(File.self, from: data)
        else { return [] }
        return file.vectors
    }()

    static var isPresent: Bool { FileManager.default.fileExists(atPath: folder.path) }
}
