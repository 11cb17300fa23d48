import Basics
import IdentityInsights
import JSON
import OpenSSL
package import RecordStore

/// Finds the records of persons in a batch, by ids as somebody who asks knows them: a record's own id, or an account id
/// before or after it was hashed. In a row that cannot be taken apart, and was never sent, any value may be the id.
///
/// Ids are sealed with their rows, so that nothing in the database can be searched for them: each row is opened and its
/// request built again, which takes some microseconds.
package struct PersonMatch: ~Copyable {
    private var reader: PersonReader
    /// Record ids, and the places from 0 of those who asked for them.
    private let recordIDs: [[UInt8]: Int]
    /// Account ids as requests hold them, likewise.
    private let accounts: [String: Int]

    /// Prepares the search of a batch.
    ///
    /// - Parameters:
    ///   - ids: what is looked for.
    ///   - also: account ids as requests hold them, which have the place after the last id.
    ///   - layout: the batch's layout.
    ///   - accountKey: the key of the transform `hmac-sha256`, where the layout needs it.
    /// - Throws: `InputError` for a layout that makes no request; `OpenSSLError` when an id cannot be hashed.
    package init(
        _ ids: [String], also: Set<String> = [], layout: RecordLayout, accountKey: AccountHashKey?
    ) throws {
        let reader = try PersonReader(layout: layout, accountKey: accountKey)
        var accounts: [String: Int] = [:]
        for (place, id) in ids.enumerated() {
            for account in try reader.accounts(of: id) { accounts[account] = accounts[account] ?? place }
        }
        for account in also { accounts[account] = accounts[account] ?? ids.count }
        self.reader = reader
        self.accounts = accounts
        recordIDs = Dictionary(ids.enumerated().map { (Array($1.utf8), $0) }, uniquingKeysWith: { first, _ in first })
    }

    /// The account ids that are looked for, as requests of this layout hold them.
    package var accountTexts: Set<String> { Set(accounts.keys) }

    /// Whose record a row is.
    ///
    /// - Parameters:
    ///   - rawRow: the row as it stands in the file; empty where it was not kept, and only the record's id is compared.
    ///   - id: the record's own id; nil: as the row has it.
    ///   - line: physical line from 1 at which it starts.
    /// - Returns: the place of the id among those looked for; nil where it is nobody's.
    /// - Throws: `OpenSSLError` when an account's id cannot be hashed.
    package mutating func place(of rawRow: [UInt8], id: [UInt8]?, line: Int) throws -> Int? {
        if let id, let place = recordIDs[id] { return place }
        guard !rawRow.isEmpty else { return nil }
        // The account of a line that was refused for another field is found, too, where it was read.
        let person = try reader.person(of: rawRow, line: line)
        if id == nil, let place = recordIDs[person.recordID] { return place }
        if let account = person.account, let place = accounts[account] { return place }
        var first: Int?
        for value in person.values {
            if let place = try place(of: value) { first = min(first ?? place, place) }
        }
        return first
    }

    /// Whose id a value is, of a row in which nobody can tell the id from the rest.
    private borrowing func place(of value: [UInt8]) throws -> Int? {
        if let place = recordIDs[value] { return place }
        let behind = try reader.accounts(behind: value)
        return accounts.filter { behind.contains($0.key) }.map(\.value).min()
    }

    /// The account of a row whose request may be sent, as it holds it; nil for any other row: what stands there in an
    /// account's place need not be one.
    ///
    /// - Throws: `OpenSSLError` when an account's id cannot be hashed.
    package mutating func account(of rawRow: [UInt8], line: Int) throws -> String? {
        guard !rawRow.isEmpty else { return nil }
        let person = try reader.person(of: rawRow, line: line)
        return person.isSound ? person.account : nil
    }
}

/// Reads from the rows of a batch whose they are.
package struct PersonReader: ~Copyable {
    private var builder: RequestBuilder
    private let accountKey: AccountHashKey?
    private let delimiter: UInt8?

    /// Whose a row is.
    package struct Person {
        /// The record's own id, UTF-8; empty where it has none.
        package let recordID: [UInt8]
        /// The account id as the request holds it; nil where none was read.
        package let account: String?
        /// Whether the request may be sent.
        package let isSound: Bool
        /// The values in a row that cannot be taken apart, any of which may be an id of the person's; empty for others.
        package let values: Set<[UInt8]>
    }

    /// Prepares the reading of a batch's rows.
    ///
    /// - Throws: `InputError` for a layout that makes no request.
    package init(layout: RecordLayout, accountKey: AccountHashKey?) throws {
        builder = try RequestBuilder(layout: layout, accountKey: accountKey)
        self.accountKey = accountKey
        delimiter = layout.delimiter
    }

    /// Reads a row; of one that was not kept nobody knows whose it is.
    ///
    /// - Throws: `OpenSSLError` when an account's id cannot be hashed.
    package mutating func person(of rawRow: [UInt8], line: Int) throws -> Person {
        let isSound = try rawRow.withUnsafeBytes { try builder.build(rawRow: $0, line: line) }
        guard !builder.request.isEmpty else {
            let values = rawRow.withUnsafeBytes { UnreadRow($0, delimiter: delimiter).values }
            return Person(recordID: [], account: nil, isSound: false, values: values)
        }
        // What cannot be parsed names no account.
        let account = (try? JSONDocument(copying: builder.request).root)?["user"]?["account"]?["hashedAccountId"]
        return Person(
            recordID: Array(builder.recordID),
            account: account.map { $0.string ?? String(decoding: $0.raw, as: UTF8.self) }, isSound: isSound, values: [])
    }

    /// An account id as requests of this layout hold it, by each way it may have come.
    ///
    /// - Throws: `OpenSSLError` when it cannot be hashed.
    package borrowing func accounts(of id: String) throws -> Set<String> {
        let writes = builder.plan.writes.filter { $0.role == .account }.map(\.transforms)
        // In the API's own shape an account is sent as it stands, usually hashed before it came.
        return Set(try (writes + [[], [.sha256]]).map { try text(id, after: $0) })
    }

    /// What requests hold where a value of a row that cannot be taken apart is an account id: the value, or its hash. What a
    /// transform leaves of it without hashing may be many persons'.
    ///
    /// - Throws: `OpenSSLError` when it cannot be hashed.
    package borrowing func accounts(behind value: [UInt8]) throws -> Set<String> {
        let hashes = builder.plan.writes.filter { $0.role == .account }.map(\.transforms).filter { transforms in
            transforms.contains(.sha256) || transforms.contains(.hmacSHA256)
        }
        let id = String(decoding: value, as: UTF8.self)
        return Set(try (hashes + [[], [.sha256]]).map { try text(id, after: $0) })
    }

    private borrowing func text(_ id: String, after transforms: [FieldTransform]) throws -> String {
        var text = ByteBuffer()
        text.append(Array(id.utf8))
        for transform in transforms { _ = try Transformer.apply(transform, to: &text, as: .account, key: accountKey) }
        return String(decoding: text.bytes, as: UTF8.self)
    }
}

/// A row that cannot be taken apart as its layout says: with cells too few or too many, with wrong quotes, or no JSON object.
/// Which of its values is an id nobody can tell, so that each may be one.
private struct UnreadRow {
    private let row: UnsafeRawBufferPointer
    private let delimiter: UInt8?

    /// - Parameters:
    ///   - row: The row as it stands in the file; valid as long as this is used.
    ///   - delimiter: The byte between cells of CSV; nil for JSON-lines.
    init(_ row: UnsafeRawBufferPointer, delimiter: UInt8?) {
        self.row = ByteOrderMark.dropped(from: row)
        self.delimiter = delimiter
    }

    /// Every value that may stand in it, without white space and invisible characters at its ends: what is written between
    /// quotes, and what is written between any marks of CSV or JSON.
    var values: Set<[UInt8]> {
        let marks = Self.marks.union(delimiter.map { [$0] } ?? [])
        var values = pieces { $0 == Byte.quote }.union(pieces(between: marks.contains))
        if let delimiter { values.formUnion(cells(delimiter)) } else { values.formUnion(leaves) }
        values.remove([])
        return values
    }

    /// What separates values in one form of files or another.
    private static let marks = Set(Array(#",;:{}[]"'="#.utf8) + [Byte.tab, Byte.newline, Byte.carriageReturn])

    private func pieces(between isMark: (UInt8) -> Bool) -> Set<[UInt8]> {
        Set(row.split(whereSeparator: isMark).map { Self.trimmed(UnsafeRawBufferPointer(rebasing: $0)) })
    }

    /// Cells whose quotes are right may hold marks.
    private func cells(_ delimiter: UInt8) -> Set<[UInt8]> {
        Set(
            CellScan.all(of: row, delimiter: delimiter).map { scan in
                var text = ByteBuffer()
                CellText.append(scan.cell, of: row, to: &text)
                return Self.trimmed(text.bytes)
            })
    }

    /// Values of JSON that is no object, without its escapes.
    private var leaves: Set<[UInt8]> {
        // Of what is no JSON at all only its pieces are there.
        guard let root = try? JSONDocument(copying: row).root else { return [] }
        var leaves: Set<[UInt8]> = []
        root.forEachLeafPath { _, leaf in leaves.insert(leaf.stringBytes.map(Self.trimmed) ?? Array(leaf.raw)) }
        return leaves
    }

    private static func trimmed(_ text: [UInt8]) -> [UInt8] { text.withUnsafeBytes(trimmed) }

    private static func trimmed(_ text: UnsafeRawBufferPointer) -> [UInt8] { Array(InvisibleCharacters.trimmed(text)) }
}
