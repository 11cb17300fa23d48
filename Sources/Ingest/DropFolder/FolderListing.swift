/// What lies in an inbox at one moment.
public struct FolderListing: Sendable, Equatable {
    /// The files that may be taken in, in no particular order.
    public internal(set) var files: [FileSighting] = []
    /// Files that cannot be taken in under the name they have: not UTF-8, with control characters, or too long.
    public internal(set) var unusableNames = 0
    /// Markers without a file.
    var orphans: [String: FileIdentity] = [:]
}
