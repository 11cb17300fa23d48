import OpenSSL
import Synchronization

/// A batch's key, shared by all who seal and open its values.
final class DataKey: Sendable {
    static let identifierByteCount = 8

    private let key: [UInt8]
    private let identifier: [UInt8]
    private let shared: Mutex<Seal>

    /// Takes a key and the 8 bytes that name it.
    init(key: [UInt8], identifier: [UInt8]) throws {
        self.key = key
        self.identifier = identifier
        shared = Mutex(try Seal(key: key, id: identifier))
    }

    /// A seal for one user who seals much.
    func makeSeal() throws -> Seal {
        try Seal(key: key, id: identifier)
    }

    /// Seals one value.
    func seal(_ value: [UInt8], record: Int64, column: SealedColumn) throws -> [UInt8] {
        try shared.withLock { try $0.seal(value, record: record, column: column) }
    }

    /// Opens one value.
    func open(_ sealed: [UInt8], record: Int64, column: SealedColumn) throws -> [UInt8] {
        try shared.withLock { try $0.open(sealed, record: record, column: column) }
    }
}
