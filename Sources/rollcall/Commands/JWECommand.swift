import ArgumentParser
import Foundation
import JOSE
import OpenSSL
import Operations

struct JWECommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "jwe", abstract: "Encrypt, decrypt or inspect one token: standard input to standard output.",
        discussion: "Exit code 0, or 65 with one line on standard error.",
        subcommands: [Encrypt.self, Decrypt.self, Inspect.self])

    struct Encrypt: JWEStep {
        static let configuration = CommandConfiguration(
            abstract: "Encrypt standard input to a public key (RSA-OAEP-256, A256GCM); prints the token.")

        @OptionGroup var file: KeyFileOptions

        @Option(
            name: .customLong("kid"),
            help: ArgumentHelp("Key id for the header; absent: the key's fingerprint.", valueName: "id"))
        var keyID: String?

        @Flag(help: #"Print the envelope {"encryptedData": "TOKEN"} instead of the bare token."#)
        var envelope = false

        func step(_ input: [UInt8]) throws -> [UInt8] {
            let key = try file.publicKey()
            let token = try JWEEncrypter(publicKey: key, keyID: keyID ?? key.fingerprint).encrypt(input)
            return (envelope ? JWEEnvelope.wrapping(token) : token) + [UInt8(ascii: "\n")]
        }
    }

    struct Decrypt: JWEStep {
        static let configuration = CommandConfiguration(
            abstract: "Decrypt a token or envelope with a private key; prints the plaintext, byte for byte.")

        @OptionGroup var file: KeyFileOptions

        func step(_ input: [UInt8]) throws -> [UInt8] {
            try JWEDecrypter(privateKey: file.privateKey()).decrypt(JWEEnvelope.tokenOrEnvelope(input))
        }
    }

    struct Inspect: JWEStep {
        static let configuration = CommandConfiguration(
            abstract: "Print a token's header and the sizes of its parts; with --key, also whether the key opens it.")

        @Option(help: ArgumentHelp("Private key to try.", valueName: "file"), completion: .file())
        var key: String?

        @Option(
            help: ArgumentHelp("File whose first line is the key's password.", valueName: "file"), completion: .file())
        var passwordFile: String?

        @Flag(help: "Print it as one JSON object.")
        var json = false

        func step(_ input: [UInt8]) throws -> [UInt8] {
            let token = JWEEnvelope.tokenOrEnvelope(input)
            let header = try JWEHeader.inspect(token)
            let opens = try key.map { try isOpened(token, by: $0) }
            guard !json else { return try JWEListing.json(of: header, opens: opens) }
            var lines = Self.describe(header)
            if let key, let opens { lines += "\nopened by \(key): \(opens ? "yes" : "no")" }
            return Array("\(lines)\n".utf8)
        }

        private func isOpened(_ token: [UInt8], by key: String) throws -> Bool {
            let privateKey = try PrivateKey.load(
                FileBytes.read(key), password: Password.given(file: passwordFile), name: key)
            // That a key does not open the token is the answer asked for, and no failure.
            return (try? JWEDecrypter(privateKey: privateKey).decrypt(token)) != nil
        }

        private static func describe(_ header: JWEHeader) -> String {
            let sizes = header.segmentSizes
            return """
                header: \(String(decoding: header.json, as: UTF8.self))
                encrypted key: \(sizes.encryptedKey) bytes
                initialization vector: \(sizes.initializationVector) bytes
                ciphertext: \(sizes.ciphertext) bytes
                tag: \(sizes.tag) bytes
                """
        }
    }
}

/// One `jwe` command: all of standard input in, all of standard output out.
protocol JWEStep: RollcallCommand {
    func step(_ input: [UInt8]) throws -> [UInt8]
}

extension JWEStep {
    func perform() async throws -> ExitStatus {
        do {
            Console.standard.output(bytes: try step(FileBytes.standardInput()))
            return .succeeded
        } catch {
            throw OperationFailure(.inputUnusable, "jwe: \(error)")
        }
    }
}

/// A token as `jwe inspect --json` prints it.
enum JWEListing {
    /// The members' names.
    enum Member: String, CodingKey, CaseIterable {
        case header, opened
        case encryptedKey = "encrypted_key_bytes"
        case initializationVector = "initialization_vector_bytes"
        case ciphertext = "ciphertext_bytes"
        case tag = "tag_bytes"
    }

    /// One line: the header as the token has it, the sizes of the parts in bytes, and whether a key that was named
    /// opens it.
    static func json(of header: JWEHeader, opens: Bool?) throws -> [UInt8] {
        let sizes = header.segmentSizes
        var members: [Member: Any] = [
            .header: try JSONSerialization.jsonObject(with: Data(header.json)),
            .encryptedKey: sizes.encryptedKey, .initializationVector: sizes.initializationVector,
            .ciphertext: sizes.ciphertext, .tag: sizes.tag,
        ]
        if let opens { members[.opened] = opens }
        let named = Dictionary(uniqueKeysWithValues: members.map { ($0.rawValue, $1) })
        let options: JSONSerialization.WritingOptions = [.sortedKeys, .withoutEscapingSlashes]
        return Array(try JSONSerialization.data(withJSONObject: named, options: options)) + [UInt8(ascii: "\n")]
    }
}
