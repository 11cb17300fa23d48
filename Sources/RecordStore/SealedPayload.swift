/// A record's own id and its raw row, as they are sealed together: the id's length (4 bytes, little endian), id, row.
enum SealedPayload {
    static let headerByteCount = 4

    /// Writes id and row into a buffer of exactly their length and the header's.
    static func write(
        id: UnsafeRawBufferPointer, rawRow: UnsafeRawBufferPointer, into out: UnsafeMutableRawBufferPointer
    ) {
        out.storeBytes(of: UInt32(id.count).littleEndian, as: UInt32.self)
        UnsafeMutableRawBufferPointer(rebasing: out[headerByteCount...]).copyMemory(from: id)
        UnsafeMutableRawBufferPointer(rebasing: out[(headerByteCount + id.count)...]).copyMemory(from: rawRow)
    }

    /// Takes id and row apart.
    ///
    /// - Throws: ``StoreError`` with ``StoreError/Code/altered`` when the lengths don't fit.
    static func read(_ bytes: [UInt8]) throws -> (id: [UInt8], rawRow: [UInt8]) {
        guard bytes.count >= headerByteCount else { throw altered }
        let count = bytes.withUnsafeBytes { Int(UInt32(littleEndian: $0.loadUnaligned(as: UInt32.self))) }
        guard bytes.count >= headerByteCount + count else { throw altered }
        let row = headerByteCount + count
        return (Array(bytes[headerByteCount..<row]), Array(bytes[row...]))
    }

    private static var altered: StoreError {
        StoreError(.altered, "A stored row has an impossible length; restore the database from a backup")
    }
}
