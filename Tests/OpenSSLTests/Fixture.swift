import Foundation
import Testing

/// How tests get at the fixtures' bytes.
enum Fixture {
    /// What opens every encrypted fixture.
    static let password = "correct horse"

    static func bytes(_ pem: String) -> [UInt8] {
        Array(pem.utf8)
    }

    static func base64(_ text: String) throws -> [UInt8] {
        let data = try #require(Data(base64Encoded: text, options: .ignoreUnknownCharacters))
        return Array(data)
    }

    /// What the first block of a PEM file holds.
    static func der(_ pem: String) throws -> [UInt8] {
        let lines = pem.split(separator: "\n")
        let start = try #require(lines.firstIndex { $0.hasPrefix("-----BEGIN ") })
        let end = try #require(lines.firstIndex { $0.hasPrefix("-----END ") })
        return try base64(lines[(start + 1)..<end].joined())
    }
}
