/// A piece of work for the writing thread, and who waits for it.
struct WriteOperation: Sendable {
    /// Does the work inside a transaction; what it gives back is called once that is committed.
    let perform: @Sendable (WriterConnection) throws -> @Sendable () -> Void
    /// Called instead when nothing of the work was kept.
    let fail: @Sendable (any Error) -> Void
}
