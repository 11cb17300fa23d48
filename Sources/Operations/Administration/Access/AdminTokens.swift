import Basics
import Foundation
import OpenSSL
import RecordStore
import Settings

/// The tokens by which people sign in and scripts read. A file in `keys_folder` has the hash of the newest of each role; the tokens
/// themselves are shown once, when they are made.
package struct AdminTokens: Sendable {
    /// What the owner of a token may do.
    package enum Role: String, Sendable, CaseIterable {
        /// Look.
        case viewer
        /// Look and act.
        case `operator`
    }

    static let fileName = "admin.tokens"
    private let path: String
    /// In bytes, before they are written in hexadecimal: nobody guesses that.
    private static let tokenByteCount = 32

    /// The tokens of an installation, by its `keys_folder`.
    package init(keysFolder: String) { path = keysFolder + "/" + Self.fileName }

    /// Makes a token for a role, in place of the role's former one, which is good no longer.
    ///
    /// - Parameter role: What its owner may do.
    /// - Returns: The token, which is kept nowhere.
    /// - Throws: `StoreError` naming the file where it cannot be read or written; `OperationFailure` naming the folder where
    ///   it is missing and cannot be made.
    package func make(_ role: Role) throws -> String {
        // Before the first run there is no keys_folder yet.
        try makeFolder()
        let token = Hexadecimal.encode(try SecureRandom.bytes(Self.tokenByteCount))
        var hashes = try read()
        hashes[role] = try SHA256.hex(Array(token.utf8))
        let lines = Role.allCases.compactMap { role in hashes[role].map { "\(role.rawValue) \($0)\n" } }
        try PrivateFile.replace(path, with: Array(lines.joined().utf8))
        return token
    }

    private func makeFolder() throws {
        let folder = URL(filePath: path).deletingLastPathComponent().path
        guard !FileManager.default.fileExists(atPath: folder) else { return }
        do {
            try FileManager.default.createDirectory(
                atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        } catch {
            throw OperationFailure(folder, "the folder of keys cannot be made", SystemFault(behind: error))
        }
    }

    /// Whether any token was made.
    func exist() throws -> Bool { try !read().isEmpty }

    /// The role of a token; nil where it is none. It takes the same time for every token.
    ///
    /// - Throws: `StoreError` naming the file where it cannot be read.
    func role(of token: String) throws -> Role? { try role(ofHash: SHA256.hex(Array(token.utf8))) }

    /// The role of the token with a hash; nil where it is none, or none any more.
    ///
    /// - Throws: `StoreError` naming the file where it cannot be read.
    func role(ofHash hash: String) throws -> Role? {
        var found: Role?
        for (role, known) in try read() where ConstantTime.areEqual(Array(hash.utf8), Array(known.utf8)) {
            found = role
        }
        return found
    }

    /// The roles' hashes, in lower-case hexadecimal.
    private func read() throws -> [Role: String] {
        guard let bytes = try PrivateFile.contents(path, upTo: 4_096) else { return [:] }
        var hashes: [Role: String] = [:]
        for line in String(decoding: bytes, as: UTF8.self).split(separator: "\n") {
            let words = line.split(separator: " ")
            guard words.count == 2, let role = Role(rawValue: String(words[0])), words[1].utf8.count == 64 else {
                throw StoreError(
                    .keysFolder, "\(Self.fileName) in keys_folder is damaged; remove it and make new tokens")
            }
            hashes[role] = String(words[1])
        }
        return hashes
    }
}

/// `rollcall admin token`: a new token, printed once.
package struct AdminTokenOperation: Sendable {
    private let role: AdminTokens.Role
    private let config: String
    private let json: Bool
    private let console: Console

    /// Names whose token to replace.
    package init(role: AdminTokens.Role, config: String, json: Bool, console: Console = .standard) {
        (self.role, self.config, self.json, self.console) = (role, config, json, console)
    }

    /// Makes the token, prints it to standard output, and says to standard error what it is good for.
    ///
    /// - Returns: `succeeded`.
    /// - Throws: `StoreError` when its hash cannot be kept.
    package func perform() async throws -> ExitStatus {
        let settings = try Installation(config: config).settings
        let token = try await BlockingWork.run { [role] in
            try AdminTokens(keysFolder: settings.keysFolder).make(role)
        }
        if json {
            console.output(json: Made(role: role.rawValue, token: token))
        } else {
            console.output(token)
        }
        console.note(
            "this token is shown once; the former token of the role \(role.rawValue) is good no longer, at once, also "
                + "for a running daemon")
        if settings.administration == nil {
            console.note("nothing listens yet: set admin.listen, such as 127.0.0.1:8377, and start the daemon again")
        }
        return .succeeded
    }

    /// What it prints as JSON.
    struct Made: Encodable {
        let role: String
        let token: String

        enum CodingKeys: CodingKey, CaseIterable { case role, token }
    }
}
