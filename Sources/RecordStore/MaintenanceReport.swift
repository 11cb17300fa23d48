/// What a look after the database's files brought.
public struct MaintenanceReport: Sendable, Equatable {
    /// How many bytes the WAL took when it was looked at.
    public var walBytesBefore = 0
    /// How many it takes now.
    public var walBytes = 0
    /// Whether somebody who reads keeps it from being copied back whole; it grows until they are done.
    public var isHeldByReader = false
    /// How many free pages went back to the file system.
    public var pagesGivenBack = 0
}
