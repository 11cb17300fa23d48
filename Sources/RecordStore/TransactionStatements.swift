import GRDB

/// The statements around every group of writes.
struct TransactionStatements {
    let begin: PreparedStatement
    let commit: PreparedStatement
    let rollback: PreparedStatement
    let savepoint: PreparedStatement
    let rollbackToSavepoint: PreparedStatement
    let release: PreparedStatement

    init(_ database: Database) throws {
        begin = try PreparedStatement(database, "BEGIN IMMEDIATE")
        commit = try PreparedStatement(database, "COMMIT")
        rollback = try PreparedStatement(database, "ROLLBACK")
        savepoint = try PreparedStatement(database, "SAVEPOINT operation")
        rollbackToSavepoint = try PreparedStatement(database, "ROLLBACK TO operation")
        release = try PreparedStatement(database, "RELEASE operation")
    }
}
