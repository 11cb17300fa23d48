package import Basics
import Foundation

extension RecordStore {
    /// Destroys the keys of a month that is over: everything sealed in it, in the database, its WAL, its free pages and
    /// every copy of the database, is unreadable from then on. The ledger stays.
    ///
    /// The database records it first, together with the loss of the batches' own keys; then the keys' files are
    /// overwritten, removed and the folder synchronized. When the process ends in between, the next start of a run or
    /// the daemon, or another call, completes it. It may take a moment; nothing undoes it.
    ///
    /// - Parameters:
    ///   - month: The month, in UTC.
    ///   - now: The time.
    /// - Returns: Whether there was anything to destroy.
    /// - Throws: ``StoreError``: ``StoreErrorCode/notAllowed`` when the month is not over or a batch made in it has not
    ///   ended or has records in doubt, otherwise when it can't be recorded or a file can't be removed.
    @discardableResult
    package func destroyPeriod(_ month: CalendarMonth, at now: WallTime = WallTime.now()) async throws -> Bool {
        try await destroyPeriod(month, at: now, beforeStep: {})
    }

    /// The same; what `beforeStep` throws ends it there.
    func destroyPeriod(
        _ month: CalendarMonth, at now: WallTime, beforeStep: @escaping @Sendable () throws -> Void
    ) async throws -> Bool {
        guard month < CalendarMonth(at: now) else {
            throw StoreError(.notAllowed, "\(month) is not over: its key is still in use")
        }
        try beforeStep()
        let recorded = try await write { try $0.destroyKeys(of: month, at: now) }
        return try await BlockingWork.run {
            // A file without a row is a copy's that was restored since, or of a start that was interrupted.
            let names = Set(recorded).union(try keys.folder.periodKeys().filter { $0.month == month })
            try destroyFiles(of: names.sorted { $0.stem < $1.stem }, beforeStep: beforeStep)
            return !names.isEmpty
        }
    }

    private func destroyFiles(of names: [PeriodKeyName], beforeStep: () throws -> Void = {}) throws {
        guard !names.isEmpty else { return }
        try keys.folder.locked {
            for name in names {
                try keys.folder.destroy(name, beforeStep: beforeStep)
                keys.forget(name)
                forgetDataKeys()
            }
        }
    }

    /// Destroys here what another node destroyed: each has a copy of the months' keys. Nothing is left to do where the
    /// database is a file.
    ///
    /// - Throws: ``StoreError`` when the database can't be read or a file can't be removed.
    package func destroyKeysThatOthersDestroyed() async throws {
        guard isAtServer else { return }
        try await BlockingWork.run { try settlePeriodKeys() }
    }

    /// Brings database and files to the same state when a run or the daemon starts: completes what was interrupted, and
    /// in a restored copy destroys again what was destroyed since the copy was made.
    ///
    /// - Throws: ``StoreError`` when it can't be recorded or a file can't be removed.
    func settlePeriodKeys() throws {
        let noted = try keys.folder.destroyedKeys()
        let live = Set(try readWaiting { try PeriodKeyName.all(.live, $0) })
        let since = noted.filter(live.contains)
        if !since.isEmpty {
            try writeWaiting { connection in
                for name in since { try connection.recordDestruction(of: name, at: WallTime.now()) }
            }
        }
        let destroyed = try readWaiting { try PeriodKeyName.all(.destroyed, $0) }
        let present = Set(try keys.folder.periodKeys())
        try destroyFiles(of: Set(destroyed + noted).filter(present.contains).sorted { $0.stem < $1.stem })
        try report(destroyed)
    }

    /// Says, as one of several nodes, that there is no copy of destroyed keys here any more.
    private func report(_ destroyed: [PeriodKeyName]) throws {
        guard isAtServer, let runnerName, !destroyed.isEmpty else { return }
        let sql = """
            SELECT period_keys.id FROM period_keys JOIN nodes ON nodes.name = ?
            WHERE period_keys.state = 'destroyed' AND NOT EXISTS (
                SELECT 1 FROM destroyed_copies WHERE node_id = nodes.id AND period_key_id = period_keys.id)
            """
        let told = Set(destroyed.map(\.id.bytes))
        let new = try readWaiting { try [UInt8].fetchAll($0, sql: sql, arguments: [runnerName]) }.filter(told.contains)
        guard !new.isEmpty else { return }
        try writeWaiting { connection in
            guard let node = connection.node else { return }
            for key in new {
                try connection.database.execute(
                    sql: """
                        INSERT INTO destroyed_copies (node_id, period_key_id, found_at) VALUES (?, ?, ?)
                        ON CONFLICT DO NOTHING
                        """, arguments: [node.number, key, WallTime.now()])
            }
        }
    }
}

extension WriterConnection {
    /// Records that a month's keys are destroyed, and removes the data keys they wrap.
    ///
    /// - Returns: All keys of the month, those destroyed before, too.
    fileprivate func destroyKeys(of month: CalendarMonth, at now: WallTime) throws -> [PeriodKeyName] {
        let unfinished = """
            SELECT batches.name FROM batches JOIN batch_keys ON batch_id = batches.id
              JOIN period_keys ON period_keys.id = period_key_id
            WHERE (finished_at IS NULL OR in_flight > 0 OR in_doubt > 0) AND month = ? LIMIT 1
            """
        if let name = try String.fetchOne(database, sql: unfinished, arguments: [month.rawValue]) {
            throw StoreError(
                .notAllowed,
                "Batch \(name) of \(month) has not ended, or has records in doubt: the month's key is still in use")
        }
        if let name = try PeriodKeyName.live(in: month, database) { try recordDestruction(of: name, at: now) }
        return try PeriodKeyName.all(.destroyed, database).filter { $0.month == month }
    }

    /// Records that one key is destroyed, and removes the data keys it wraps with what they sealed.
    fileprivate func recordDestruction(of name: PeriodKeyName, at now: WallTime) throws {
        try database.execute(
            sql: "UPDATE period_keys SET state = 'destroyed', destroyed_at = ? WHERE id = ? AND state = 'live'",
            arguments: [now, name.id.bytes])
        try recordLoss(ofBatchesUnder: name, at: now)
    }
}

extension RecordStore {
    /// Months that are over and of which nothing is left that their key would open: all their batches were purged, or
    /// none was ever made.
    ///
    /// - Parameters:
    ///   - now: The time; the month it lies in is not over.
    ///   - batches: These count as purged, to say in advance what purging them leads to.
    /// - Returns: The months, oldest first.
    /// - Throws: ``StoreError`` when the database can't be read.
    package func spentPeriods(at now: WallTime, purging batches: Set<BatchID> = []) async throws -> [CalendarMonth] {
        let current = CalendarMonth(at: now)
        return try await read { database in
            try PeriodKeyName.all(.live, database).filter { name in
                guard name.month < current else { return false }
                let holders = try Int64.fetchAll(
                    database, sql: "SELECT batch_id FROM batch_keys WHERE period_key_id = ?",
                    arguments: [name.id.bytes])
                return holders.allSatisfy { batches.contains(BatchID(rawValue: $0)) }
            }.map(\.month)
        }
    }

    /// Destroys the keys of the months of which nothing is left: every backup of these is unreadable from then on. A batch
    /// that is needed or simply not purged yet keeps its month's key. It may take a moment; nothing undoes it.
    ///
    /// Call it after each purge. No month that is over gets another batch, so that none of these is in use again.
    ///
    /// - Parameter now: The time.
    /// - Returns: The months, oldest first.
    /// - Throws: ``StoreError`` when it can't be recorded or a file can't be removed.
    package func destroySpentPeriods(at now: WallTime) async throws -> [CalendarMonth] {
        let months = try await spentPeriods(at: now)
        for month in months { try await destroyPeriod(month, at: now) }
        return months
    }
}
