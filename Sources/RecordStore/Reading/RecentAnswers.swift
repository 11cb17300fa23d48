/// An answer's `requestRefId`, shortened to a hash that distinguishes it from others.
package struct AnswerReference: Hashable, Sendable {
    /// How many of an endpoint's answers are remembered.
    package static let remembered = 100_000
    /// A hash of 64 bits: among 100,000 answers two share these with a probability of 3·10⁻¹⁰.
    static let byteCount = 8

    /// 64 bits of the text; stored, so the function that computes it must never change.
    let rawValue: UInt64

    init(rawValue: UInt64) { self.rawValue = rawValue }

    /// Shortens a `requestRefId`: FNV-1a over its UTF-8, then the finalizer of SplitMix64. It identifies a call, not a
    /// person. Among a thousand million answers the probability that two different ones collide is one in 180,000.
    package init(_ requestRefID: String) {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for byte in requestRefID.utf8 { hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01B3 }
        hash = (hash ^ (hash >> 30)) &* 0xBF58_476D_1CE4_E5B9
        hash = (hash ^ (hash >> 27)) &* 0x94D0_49BB_1331_11EB
        rawValue = hash ^ (hash >> 31)
    }

    /// Appends its stored form.
    func append(to bytes: inout [UInt8]) {
        for shift in stride(from: 0, to: UInt64.bitWidth, by: 8) {
            bytes.append(UInt8(truncatingIfNeeded: rawValue >> UInt64(shift)))
        }
    }

    /// The references in stored bytes, in their order.
    static func all(in bytes: [UInt8]) -> [AnswerReference] {
        stride(from: 0, to: bytes.count - bytes.count % byteCount, by: byteCount).map { start in
            AnswerReference(rawValue: bytes[start..<start + byteCount].reversed().reduce(0) { $0 << 8 | UInt64($1) })
        }
    }
}

/// The last answers of an endpoint, so that a repeated one is noticed. A pure value.
package struct RecentAnswers: Sendable {
    private let capacity: Int
    private var known: Set<AnswerReference> = []
    /// In order of arrival, starting at `oldest` and wrapping around.
    private var ring: [AnswerReference] = []
    private var oldest = 0

    /// Restores what an earlier process remembered.
    ///
    /// - Parameters:
    ///   - answers: the latest last.
    ///   - capacity: how many of the latest are remembered.
    package init(_ answers: [AnswerReference] = [], capacity: Int = AnswerReference.remembered) {
        self.capacity = max(1, capacity)
        known.reserveCapacity(min(self.capacity, answers.count))
        for answer in answers.suffix(self.capacity) { _ = insert(answer) }
    }

    /// Remembers an answer; false when it is remembered already.
    package mutating func insert(_ answer: AnswerReference) -> Bool {
        guard known.insert(answer).inserted else { return false }
        if ring.count < capacity {
            ring.append(answer)
        } else {
            known.remove(ring[oldest])
            ring[oldest] = answer
            oldest = (oldest + 1) % capacity
        }
        return true
    }
}

extension RecordStore {
    /// The endpoint's last accepted answers, the latest last.
    ///
    /// - Returns: At most `AnswerReference.remembered`.
    /// - Throws: ``StoreError`` when the database can't be read.
    package func recentAnswers() async throws -> [AnswerReference] {
        let sql = """
            SELECT refs FROM recent_answers
            WHERE up_to > (SELECT max(up_to) FROM recent_answers) - ? ORDER BY up_to
            """
        return try await read { database in
            let groups = try StoredRow.fetchCursor(database, sql: sql, arguments: [AnswerReference.remembered])
            var found: [AnswerReference] = []
            while let group = try groups.next() { found += AnswerReference.all(in: group.bytes(0)) }
            return found.suffix(AnswerReference.remembered)
        }
    }
}

extension WriterConnection {
    /// Old ones are deleted this many at a time, so that a group of answers changes one page of the table.
    private static let forgetsAfter = 1_000

    /// Remembers answers in order of arrival, in their stored form.
    func remember(_ references: [UInt8]) throws {
        guard !references.isEmpty else { return }
        let count = references.count / AnswerReference.byteCount
        finishes.remember.bind(Int64(count), at: 1)
        try references.withUnsafeBytes { bytes in
            finishes.remember.bind(unowned: bytes, at: 2)
            try finishes.remember.run()
        }
        rememberedSince += count
        guard rememberedSince >= Self.forgetsAfter else { return }
        rememberedSince = 0
        try finishes.forget.run()
    }
}
