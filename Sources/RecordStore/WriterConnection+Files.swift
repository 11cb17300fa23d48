import GRDB

extension WriterConnection {
    /// Keeps a claimed file, in the place of what was known before.
    func save(_ file: ClaimedFile) throws {
        try database.execute(
            sql: "INSERT OR REPLACE INTO claimed_files (path, job, name, batch_id, claimed_at) VALUES (?, ?, ?, ?, ?)",
            arguments: [file.path, file.job, file.name, file.batch?.rawValue, file.claimedAt])
    }

    /// Says which batch is made from a claimed file, once.
    func bind(_ file: ClaimedFile, to batch: BatchID) throws {
        let known = try Int64.fetchOne(
            database, sql: "SELECT batch_id FROM claimed_files WHERE path = ?", arguments: [file.path])
        if let known {
            throw StoreError(
                .notAllowed, "The file at this place was taken in already, as batch \(known); let that batch go on")
        }
        var file = file
        file.batch = batch
        try save(file)
    }
}
