import Basics
import IdentityInsights
import JSON
import OpenSSL
package import RecordStore

/// Finds the records of persons in a batch, by ids as somebody who asks knows them: a record's own id, or an account id
/// before or after it was hashed.
///
/// Ids are sealed with their rows, so that nothing in the database can be searched for them: each row is opened and its
/// request built again, which takes some microseconds.
package struct PersonMatch: ~Copyable {
    private var builder: RequestBuilder
    /// Record ids, and the places from 0 of those who asked for them.
    private let recordIDs: [[UInt8]: Int]
    /// Account ids as requests hold them, likewise.
    private let accounts: [String: Int]

    /// Prepares the search of a batch.
    ///
    /// - Parameters:
    ///   - ids: what is looked for.
    ///   - layout: the batch's layout.
    ///   - accountKey: the key of the transform `hmac-sha256`, where the layout needs it.
    /// - Throws: `InputError` for a layout that makes no request; `OpenSSLError` when an id cannot be hashed.
    package init(_ ids: [String], layout: RecordLayout, accountKey: AccountHashKey?) throws {
        let builder = try RequestBuilder(layout: layout, accountKey: accountKey)
        let writes = builder.plan.writes.filter { $0.role == .account }.map(\.transforms)
        var accounts: [String: Int] = [:]
        for (place, id) in ids.enumerated() {
            // In the API's own shape an account is sent as it stands, usually hashed before it came.
            for transforms in writes + [[], [.sha256]] {
                let account = try Self.text(id, after: transforms, accountKey)
                accounts[account] = accounts[account] ?? place
            }
        }
        self.builder = builder
        self.accounts = accounts
        recordIDs = Dictionary(ids.enumerated().map { (Array($1.utf8), $0) }, uniquingKeysWith: { first, _ in first })
    }

    /// Whose record a row is.
    ///
    /// - Parameters:
    ///   - rawRow: the row as it stands in the file; empty where it was not kept, and only the record's id is compared.
    ///   - id: the record's own id.
    ///   - line: physical line from 1 at which it starts.
    /// - Returns: the place of the id among those looked for; nil where it is nobody's.
    /// - Throws: `OpenSSLError` when an account's id cannot be hashed.
    package mutating func place(of rawRow: [UInt8], id: [UInt8], line: Int) throws -> Int? {
        if let place = recordIDs[id] { return place }
        guard !rawRow.isEmpty else { return nil }
        // The account of a line that was refused for another field is found, too, where it was read.
        _ = try rawRow.withUnsafeBytes { try builder.build(rawRow: $0, line: line) }
        guard let request = try? JSONDocument(copying: builder.request).root,
            let account = request["user"]?["account"]?["hashedAccountId"]
        else { return nil }
        return accounts[account.string ?? String(decoding: account.raw, as: UTF8.self)]
    }

    private static func text(
        _ id: String, after transforms: [FieldTransform], _ key: AccountHashKey?
    ) throws -> String {
        var text = ByteBuffer()
        text.append(Array(id.utf8))
        for transform in transforms { _ = try Transformer.apply(transform, to: &text, as: .account, key: key) }
        return String(decoding: text.bytes, as: UTF8.self)
    }
}
