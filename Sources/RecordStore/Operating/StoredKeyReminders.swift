package import Basics

extension RecordStore {
    /// Records that a reminder of a key's end is sent, unless it was before.
    ///
    /// - Parameters:
    ///   - fingerprint: The certificate's SHA-256, 64 hexadecimal digits.
    ///   - days: How long before the end it is due, in days; 0 once it has expired.
    ///   - time: When it is sent.
    /// - Returns: Whether it is to be sent: true once for each certificate and number of days, also over restarts.
    /// - Throws: ``StoreError`` when it can't be written.
    package func takeKeyReminder(of fingerprint: String, days: Int, at time: WallTime) async throws -> Bool {
        try await write { connection in
            try connection.database.execute(
                sql: """
                    INSERT INTO key_reminders (fingerprint, days, sent_at) VALUES (?, ?, ?)
                    ON CONFLICT (fingerprint, days) DO NOTHING
                    """,
                arguments: [fingerprint, days, time])
            return connection.database.changesCount == 1
        }
    }
}
