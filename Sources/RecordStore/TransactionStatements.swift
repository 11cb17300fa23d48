import GRDB

/// The statements around every group of writes.
struct TransactionStatements {
    let begin: HotStatement
    let commit: HotStatement
    let rollback: HotStatement
    let savepoint: HotStatement
    let rollbackToSavepoint: HotStatement
    let release: HotStatement

    init(_ database: Database) throws {
        begin = try HotStatement(database, "BEGIN IMMEDIATE")
        commit = try HotStatement(database, "COMMIT")
        rollback = try HotStatement(database, "ROLLBACK")
        savepoint = try HotStatement(database, "SAVEPOINT operation")
        rollbackToSavepoint = try HotStatement(database, "ROLLBACK TO operation")
        release = try HotStatement(database, "RELEASE operation")
    }
}
