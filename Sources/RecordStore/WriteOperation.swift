/// A piece of work for the writing thread, and who waits for it.
struct WriteOperation: Sendable {
    /// Whether it only adds to counters and never reads them, so that they can be written once for a whole group.
    var leavesCountersToTheGroup = false
    /// How long it waits for room on a full disk.
    var patience = Patience.untilStopped
    /// Does the work inside a transaction; what it gives back is called once that is committed. Called again, in a new
    /// transaction, when another operation of its group broke a rule, or when there was no room.
    let perform: @Sendable (WriterConnection) throws -> @Sendable () -> Void
    /// Called instead when nothing of the work was kept.
    let fail: @Sendable (any Error) -> Void
}
