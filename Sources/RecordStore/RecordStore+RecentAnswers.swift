import GRDB

extension RecordStore {
    /// The endpoint's last answers that were taken, the latest last.
    ///
    /// - Returns: At most `AnswerReference.remembered`.
    /// - Throws: ``StoreError`` when the database can't be read.
    public func recentAnswers() throws -> [AnswerReference] {
        let sql = """
            SELECT refs FROM recent_answers
            WHERE up_to > (SELECT max(up_to) FROM recent_answers) - ? ORDER BY up_to
            """
        return try read { database in
            let groups = try Row.fetchCursor(database, sql: sql, arguments: [AnswerReference.remembered])
            var found: [AnswerReference] = []
            while let group = try groups.next() { found += AnswerReference.all(in: group.bytes(0)) }
            return found.suffix(AnswerReference.remembered)
        }
    }
}

extension WriterConnection {
    /// Old ones are forgotten so many at a time, so that a group of answers changes one page of the table.
    private static let forgetsAfter = 1_000

    /// Remembers answers, in the order in which they came, as they are stored.
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
