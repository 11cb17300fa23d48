extension SealingKey {
    /// ``keyID`` as its 8 bytes.
    var identifier: [UInt8] {
        stride(from: 0, to: keyID.count, by: 2).compactMap { UInt8(keyID.dropFirst($0).prefix(2), radix: 16) }
    }

    /// Seals another key; `owner` is the batch it belongs to, 0 for a key of the whole database.
    func wrap(_ key: [UInt8], owner: Int64, as column: SealedColumn) throws -> [UInt8] {
        var seal = try Seal(key: bytes, id: identifier)
        return try seal.seal(key, record: owner, column: column)
    }

    /// Opens a key sealed with ``wrap(_:owner:as:)``.
    ///
    /// - Throws: ``StoreError`` with ``StoreError/Code/altered`` when it was altered or belongs somewhere else.
    func unwrap(_ wrapped: [UInt8], owner: Int64, as column: SealedColumn) throws -> [UInt8] {
        var seal = try Seal(key: bytes, id: identifier)
        return try seal.open(wrapped, record: owner, column: column)
    }
}
