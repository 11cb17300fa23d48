import OpenSSL

/// How `ledger.trace` is laid out; numbers are big-endian.
///
/// A header of one sector (magic, database, sealing key, the file's own key as the sealing key wraps it); two places for
/// the position, written in turns, each in a sector of its own so that a torn write spoils one of them; then the
/// batches. Position and batches are sealed under the file's key, so that another sealing key needs a new header only.
enum LedgerTraceLayout {
    private static let sectorByteCount = 512
    /// A batch's number and its source.
    static let entryByteCount = 8 + 32 + Seal.overhead
    static let slots = 1...2

    /// Where the position with a sequence number belongs.
    static func slot(ofSequence sequence: Int64) -> Int { slots.lowerBound + Int(sequence % Int64(slots.count)) }

    static func offset(ofSlot slot: Int) -> Int { slot * sectorByteCount }

    static func offset(ofEntry index: Int) -> Int { (slots.upperBound + 1) * sectorByteCount + index * entryByteCount }

    /// What stands at the file's beginning.
    struct Header {
        private static let magic = Array("rollcall ledger trace 1\n".utf8)
        private static let wrappedByteCount = AES256GCM.keyByteCount + Seal.overhead
        static let byteCount = magic.count + 16 + 8 + DataKey.identifierByteCount + wrappedByteCount

        let storeID: [UInt8]
        private let sealingKeyID: [UInt8]
        private let keyID: [UInt8]
        private let wrappedKey: [UInt8]

        var bytes: [UInt8] { Self.magic + storeID + sealingKeyID + keyID + wrappedKey }

        /// Makes a fresh key for a file, and the header that holds it.
        static func make(storeID: [UInt8], sealingKey: SealingKey) throws -> (header: Header, key: DataKey) {
            let key = try SecureRandom.bytes(AES256GCM.keyByteCount)
            let identifier = try SecureRandom.bytes(DataKey.identifierByteCount)
            let header = Header(
                storeID: storeID, sealingKeyID: sealingKey.identifier, keyID: identifier,
                wrappedKey: try sealingKey.wrap(key, owner: 0, as: .traceKey))
            return (header, try DataKey(key: key, identifier: identifier))
        }

        /// The file's key; nil where it is not this sealing key's, or damaged.
        func key(with sealingKey: SealingKey) throws -> DataKey? {
            guard sealingKeyID == sealingKey.identifier else { return nil }
            do {
                return try DataKey(
                    key: sealingKey.unwrap(wrappedKey, owner: 0, as: .traceKey), identifier: keyID)
            } catch let error as StoreError where error.code == .altered {
                return nil
            }
        }
    }

    /// A position as it is written, with what shows that it belongs to this file and this database.
    struct Slot {
        static let sealedByteCount = 5 * 8 + 16 + Seal.overhead

        let sequence: Int64
        let identity: FileDescriptor.Identity
        let position: LedgerTrace.Position
        let storeID: [UInt8]

        func sealed(at slot: Int, _ key: DataKey) throws -> [UInt8] {
            let numbers = [
                sequence, Int64(bitPattern: identity.number), identity.birth, position.claimed, position.reserved,
            ]
            return try key.seal(numbers.flatMap(\.bytes) + storeID, record: Int64(slot), column: .tracePosition)
        }
    }
}

extension LedgerTraceLayout.Header {
    /// Nil where the bytes are no header.
    init?(_ bytes: [UInt8]) {
        guard bytes.count == Self.byteCount, bytes.starts(with: Self.magic) else { return nil }
        var rest = bytes.dropFirst(Self.magic.count)
        func take(_ count: Int) -> [UInt8] {
            defer { rest = rest.dropFirst(count) }
            return Array(rest.prefix(count))
        }
        (storeID, sealingKeyID) = (take(16), take(8))
        (keyID, wrappedKey) = (take(DataKey.identifierByteCount), take(Self.wrappedByteCount))
    }
}

extension LedgerTraceLayout.Slot {
    /// Nil where nothing was written at that place, or it does not open: the other place counts then.
    init?(_ sealed: [UInt8], at slot: Int, _ key: DataKey) {
        guard let plain = try? key.open(sealed, record: Int64(slot), column: .tracePosition) else { return nil }
        sequence = plain.integer(at: 0)
        identity = FileDescriptor.Identity(
            number: UInt64(bitPattern: plain.integer(at: 8)), birth: plain.integer(at: 16))
        position = LedgerTrace.Position(claimed: plain.integer(at: 24), reserved: plain.integer(at: 32))
        storeID = Array(plain[40...])
    }
}

extension Int64 {
    /// Its 8 bytes, big-endian.
    var bytes: [UInt8] { withUnsafeBytes(of: bigEndian) { Array($0) } }
}

extension [UInt8] {
    /// The number in the 8 bytes from an index on, big-endian.
    func integer(at index: Int) -> Int64 { self[index..<(index + 8)].reduce(0) { $0 << 8 | Int64($1) } }
}
