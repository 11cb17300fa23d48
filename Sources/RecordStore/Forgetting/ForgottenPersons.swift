package import Basics
import Foundation
import OpenSSL

/// Makes the keyed hashes by which forgotten persons are known again, and nothing else is.
///
/// HMAC-SHA-256 under a key that is derived from the fingerprint key, which lies in `keys_folder`, is sealed, and lasts as
/// long as the database: whoever has the list alone can neither read nor test it.
package struct PersonHasher: Sendable {
    private static let purpose = "rollcall forgotten persons 1"
    private let codes: HMACSHA256

    init(_ fingerprints: HMACSHA256) throws {
        codes = try HMACSHA256(key: fingerprints.code(for: Array(Self.purpose.utf8)))
    }

    /// The hash of a record's own id.
    ///
    /// - Throws: An OpenSSL error.
    package func hash(recordID id: [UInt8]) throws -> PersonHash { try hash(id, "record") }

    /// The hash of an account id as requests hold it.
    ///
    /// - Throws: An OpenSSL error.
    package func hash(account: String) throws -> PersonHash { try hash(Array(account.utf8), "account") }

    private func hash(_ id: [UInt8], _ kind: String) throws -> PersonHash {
        PersonHash(bytes: try codes.code(for: Array(kind.utf8) + [0] + id))
    }
}

/// A keyed hash of an id: 32 bytes.
package struct PersonHash: Hashable, Sendable {
    let bytes: [UInt8]
}

/// The persons who were forgotten, as keyed hashes with the times they were forgotten, and the files that were edited
/// for it: the file `forgotten` in `keys_folder`. A pure value.
///
/// It lies outside the database, so that a copy from before still forgets them when it is put back. Its text has a line
/// for each entry: `person HASH MILLISECONDS` or `file SHA256 SHA256`.
package struct ForgottenPersons: Sendable, Equatable {
    private static let heading = "rollcall forgotten 1"

    private var times: [PersonHash: WallTime] = [:]
    private var editions: [[UInt8]: Set<[UInt8]>] = [:]

    /// Nobody.
    package init() {}

    /// Whether nobody was ever forgotten.
    package var isEmpty: Bool { times.isEmpty }

    /// Adds persons; who was forgotten before is from now on.
    package mutating func add(_ hashes: some Sequence<PersonHash>, at now: WallTime) {
        for hash in hashes { times[hash] = max(now, times[hash] ?? now) }
    }

    /// When a person was forgotten, if a batch was made before: one who comes in again
    /// with a new file is not forgotten.
    ///
    /// - Parameters:
    ///   - hash: The person's.
    ///   - time: When the batch was made.
    /// - Returns: The time; nil where the person was not forgotten, or before.
    package func time(of hash: PersonHash, inBatchMadeAt time: WallTime) -> WallTime? {
        times[hash].flatMap { time <= $0 ? $0 : nil }
    }

    /// When a person was forgotten last; nil: never.
    package func lastTime(of hash: PersonHash) -> WallTime? { times[hash] }

    /// When somebody was forgotten last; nil: nobody was.
    package var lastTime: WallTime? { times.values.max() }

    /// The digests that a file of some content has since rows were taken out of it.
    package func editions(of digest: [UInt8]) -> Set<[UInt8]> { editions[digest] ?? [] }

    /// Adds a file's digest, by that of its content as it was taken in.
    package mutating func add(edition: [UInt8], of digest: [UInt8]) {
        editions[digest, default: []].insert(edition)
    }
}

extension ForgottenPersons {
    /// As the file holds it: UTF-8, sorted, so that the order says nothing either.
    var text: String {
        let persons = times.map { "person \(Hexadecimal.encode($0.bytes)) \($1.milliseconds)" }
        let files = editions.flatMap { digest, editions in
            editions.map { "file \(Hexadecimal.encode(digest)) \(Hexadecimal.encode($0))" }
        }
        return ([Self.heading] + persons.sorted() + files.sorted()).joined(separator: "\n") + "\n"
    }

    /// Reads what ``text`` writes; nil for anything else.
    init?(text: String) {
        var lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        guard lines.first == Self.heading[...], lines.popLast() == "" else { return nil }
        self.init()
        for line in lines.dropFirst() {
            let words = line.split(separator: " ", omittingEmptySubsequences: false)
            guard words.count == 3, let hash = Self.digest(words[1]) else { return nil }
            if words[0] == "person", let time = Int64(words[2]) {
                add([PersonHash(bytes: hash)], at: WallTime(milliseconds: time))
            } else if words[0] == "file", let edition = Self.digest(words[2]) {
                add(edition: edition, of: hash)
            } else {
                return nil
            }
        }
    }

    private static func digest(_ word: Substring) -> [UInt8]? {
        Hexadecimal.decode(word.utf8).flatMap { $0.count == SHA256.byteCount ? $0 : nil }
    }
}

extension KeysFolder {
    /// The persons who were forgotten.
    ///
    /// - Throws: ``StoreError`` with ``StoreErrorCode/keysFolder`` when the file is damaged.
    func forgottenPersons() throws -> ForgottenPersons {
        guard FileManager.default.fileExists(atPath: forgotten) else { return ForgottenPersons() }
        let file = try StoreFile(forgotten, O_RDONLY)
        let bytes = try file.read(upTo: file.byteCount())
        guard let text = String(validating: bytes, as: UTF8.self), let persons = ForgottenPersons(text: text) else {
            throw StoreError(
                .keysFolder, "forgotten in keys_folder is damaged; put it back from your copy of keys_folder")
        }
        return persons
    }

    /// Changes the list, one process at a time; it survives a power cut when this returns.
    func changeForgottenPersons(_ change: (inout ForgottenPersons) throws -> Void) throws {
        try locked {
            var persons = try forgottenPersons()
            let before = persons
            try change(&persons)
            if persons != before { try PrivateFile.replace(forgotten, with: Array(persons.text.utf8)) }
        }
    }
}

extension RecordStore {
    /// What makes the hashes of persons.
    ///
    /// - Throws: ``StoreError`` when the fingerprint key is missing or does not open.
    package func personHasher() async throws -> PersonHasher {
        try await BlockingWork.run { try PersonHasher(keys.fingerprints()) }
    }

    /// The persons who were forgotten.
    ///
    /// - Throws: ``StoreError`` with ``StoreErrorCode/keysFolder`` when the list is damaged.
    package func forgottenPersons() async throws -> ForgottenPersons {
        try await BlockingWork.run { try keys.folder.forgottenPersons() }
    }

    /// Adds to the list of those who were forgotten.
    ///
    /// - Throws: ``StoreError`` when it cannot be written.
    package func changeForgottenPersons(
        _ change: (inout ForgottenPersons) throws -> Void
    ) async throws {
        try await BlockingWork.run { try keys.folder.changeForgottenPersons(change) }
    }

    /// The same for a caller that may block and cannot await.
    package func changeForgottenPersonsWaiting(_ change: (inout ForgottenPersons) throws -> Void) throws {
        try keys.folder.changeForgottenPersons(change)
    }
}
