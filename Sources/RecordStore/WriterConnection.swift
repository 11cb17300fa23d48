import GRDB

/// The writing connection with its prepared statements; lives and dies on the writing thread.
final class WriterConnection {
    let database: Database
    let batches: BatchStatements
    let ingest: IngestStatements
    let claims: ClaimStatements
    let finishes: FinishStatements
    let follows: FollowStatements
    /// What completions add to counters, until the group writes it.
    var tally = FinishTally()
    /// Answers remembered since old ones were last forgotten.
    var rememberedSince = 0
    /// The highest attempt id that this transaction has claimed; the ledger's mark follows it once it is committed.
    var claimedUpTo: Int64?

    init(_ database: Database) throws {
        self.database = database
        batches = try BatchStatements(database)
        ingest = try IngestStatements(database)
        claims = try ClaimStatements(database)
        finishes = try FinishStatements(database)
        follows = try FollowStatements(database)
    }
}
