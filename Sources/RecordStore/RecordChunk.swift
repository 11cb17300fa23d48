import OpenSSL

/// Records of one batch on their way into the store: sealed and fingerprinted as they are added, on the caller's
/// thread, and inserted together by ``RecordStore/append(_:checkpoint:)``. Its memory is used again.
public struct RecordChunk: ~Copyable {
    static let fingerprintByteCount = 16

    let batch: BatchID
    let box = SealedRowsBox()
    /// 64 bits of the code by which the request added last is known among identical ones.
    public private(set) var latestCode: UInt64 = 0
    private var rows = SealedRows()
    private var plaintext: [UInt8] = []
    private var seal: Seal
    private let fingerprints: HMACSHA256

    init(batch: BatchID, seal: consuming Seal, fingerprints: HMACSHA256) {
        self.batch = batch
        self.seal = seal
        self.fingerprints = fingerprints
    }

    /// How many records it holds.
    public var count: Int { rows.rows.count }

    /// How many bytes they take, sealed.
    public var byteCount: Int { rows.arena.count }

    /// Adds a record that is to be sent.
    ///
    /// - Parameters:
    ///   - line: The physical line at which it starts, from 1 (a CSV header is line 1); above all lines added before.
    ///   - id: The record's own id, UTF-8; may be empty.
    ///   - rawRow: The row as it stands in the file.
    ///   - canonicalRequest: The request in canonical form, by which identical records are known.
    /// - Throws: ``StoreError`` when the line is out of range; an OpenSSL error.
    public mutating func append(
        line: Int, id: UnsafeRawBufferPointer, rawRow: UnsafeRawBufferPointer, canonicalRequest: UnsafeRawBufferPointer
    ) throws {
        let record = try recordID(line)
        let plaintextCount = write(id: id, rawRow: rawRow)
        let fingerprint = rows.reserve(Self.fingerprintByteCount)
        let payload = rows.reserve(plaintextCount + Seal.overhead)
        latestCode = try rows.arena.withUnsafeMutableBytes { arena in
            // The code's 32 bytes reach into the payload's place, which is written after.
            let code = fingerprint.lowerBound..<(fingerprint.lowerBound + HMACSHA256.byteCount)
            try fingerprints.code(
                for: canonicalRequest, into: UnsafeMutableRawBufferPointer(rebasing: arena[code]))
            return arena.loadUnaligned(fromByteOffset: code.lowerBound, as: UInt64.self)
        }
        try sealPlaintext(plaintextCount, record, into: payload)
        rows.rows.append(SealedRow(id: record, fingerprint: fingerprint, payload: payload, detail: nil))
    }

    /// Adds a record that is refused before any call.
    ///
    /// - Parameters:
    ///   - line: The physical line at which it starts.
    ///   - id: The record's own id, UTF-8; may be empty.
    ///   - rawRow: The row as it stands in the file.
    ///   - error: The field and the rule it breaks; never the value.
    /// - Throws: ``StoreError`` when the line is out of range; an OpenSSL error.
    public mutating func appendInvalid(
        line: Int, id: UnsafeRawBufferPointer, rawRow: UnsafeRawBufferPointer, error: String
    ) throws {
        let record = try recordID(line)
        let plaintextCount = write(id: id, rawRow: rawRow)
        let payload = rows.reserve(plaintextCount + Seal.overhead)
        try sealPlaintext(plaintextCount, record, into: payload)
        let sealed = try seal.seal(Array(error.utf8), record: record, column: .detail)
        let detail = rows.reserve(0).lowerBound..<(rows.arena.count + sealed.count)
        rows.arena.append(contentsOf: sealed)
        rows.rows.append(SealedRow(id: record, fingerprint: nil, payload: payload, detail: detail))
        rows.invalid += 1
    }

    /// Puts the records where the writing thread takes them.
    mutating func handOver() {
        let rows = self.rows
        self.rows = SealedRows()
        box.put(rows)
    }

    /// Takes the emptied memory back.
    mutating func takeBack() {
        rows = box.take()
    }

    private func recordID(_ line: Int) throws -> Int64 {
        guard (1...Int(RecordID.greatestLine)).contains(line) else {
            throw StoreError(.notAllowed, "A file can have at most 4,294,967,295 lines; split it")
        }
        return RecordID(batch: batch, line: line).rawValue
    }

    private mutating func write(id: UnsafeRawBufferPointer, rawRow: UnsafeRawBufferPointer) -> Int {
        let count = SealedPayload.headerByteCount + id.count + rawRow.count
        if plaintext.count < count { plaintext = [UInt8](repeating: 0, count: 2 * count) }
        plaintext.withUnsafeMutableBytes { buffer in
            SealedPayload.write(id: id, rawRow: rawRow, into: UnsafeMutableRawBufferPointer(rebasing: buffer[..<count]))
        }
        return count
    }

    private mutating func sealPlaintext(_ count: Int, _ record: Int64, into place: Range<Int>) throws {
        try plaintext.withUnsafeBytes { plaintext in
            try rows.arena.withUnsafeMutableBytes { arena in
                try seal.seal(
                    UnsafeRawBufferPointer(rebasing: plaintext[..<count]), record: record, column: .payload,
                    into: UnsafeMutableRawBufferPointer(rebasing: arena[place]))
            }
        }
    }
}
