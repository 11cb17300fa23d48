/// A database as its engine keeps it open: any number of readers, and one writer in this process.
protocol StoreDatabase: Sendable {
    /// Reads in one transaction, beside the writer; it may block.
    ///
    /// - Throws: What the work throws; the engine's error.
    func read<T>(_ work: (StoreConnection) throws -> T) throws -> T

    /// Passes on the only connection that writes, for as long as the work lasts.
    ///
    /// - Throws: What the work throws; the engine's error.
    func withWriter(_ work: (StoreConnection) throws -> Void) throws

    /// What tells whether its disk has room and makes some, where that is this machine's disk.
    ///
    /// - Parameter isRunner: Whether this process runs batches, and does not only work beside what does.
    /// - Returns: Nil where the disk is not this machine's.
    func room(isRunner: Bool) -> (any DatabaseRoom)?

    /// Leaves it, when the last write is done, as it is best left.
    func settle(_ connection: StoreConnection)

    /// Closes all of its connections.
    ///
    /// - Throws: The engine's error when one is still in use.
    func close() throws
}

/// Room on the disk that holds a database.
protocol DatabaseRoom: Sendable {
    /// Whether a disk that was full has room again.
    func isThere() -> Bool

    /// Makes what room can be made without losing anything.
    func make()
}
