import Foundation
import OpenSSL
import Testing

/// A key of `Vectors/keys.json`.
struct VectorKey: Decodable {
    let name: String
    let bits: Int
    let kid: String
    let privateKey: String
}

/// A token of `Vectors/positive.json`.
struct GoodVector: Decodable, Sendable, CustomTestStringConvertible {
    let name: String
    let key: String
    let enc: String
    let token: String
    let plaintext: String?
    let plaintextSha256: String
    let plaintextBytes: Int

    var testDescription: String { name }
}

/// A token of `Vectors/hostile.json`.
struct HostileVector: Decodable, Sendable, CustomTestStringConvertible {
    let name: String
    let key: String
    let expected: String
    let token: String?
    let tokenBytes: String?

    var testDescription: String { name }
}

/// The vectors beside this file; `Vectors/README.md` says how they were made.
enum Vectors {
    static let good: [GoodVector] = load("positive")
    static let hostile: [HostileVector] = load("hostile")
    static let keyEntries: [VectorKey] = load("keys")

    static let keys: [String: PrivateKey] = keyEntries.reduce(into: [:]) { keys, entry in
        keys[entry.name] = try? PrivateKey.load(Array(entry.privateKey.utf8), password: nil, name: entry.name)
    }

    static func key(_ name: String) throws -> PrivateKey {
        try #require(keys[name])
    }

    /// An empty list when a file is missing or broken; a test counts what was read.
    private static func load<Entry: Decodable>(_ name: String) -> [Entry] {
        guard let url = Bundle.module.url(forResource: name, withExtension: "json", subdirectory: "Vectors"),
            let data = try? Data(contentsOf: url)
        else { return [] }
        return (try? decoder.decode([Entry].self, from: data)) ?? []
    }

    /// Reads the names of the files' members, which are in snake case.
    static var decoder: JSONDecoder {
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        return decoder
    }
}
