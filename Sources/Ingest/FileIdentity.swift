/// What tells that a file is still the one that was opened and has not been written to.
struct FileIdentity: Sendable, Equatable {
    let device: UInt64
    let inode: UInt64
    /// Size in bytes.
    let byteCount: Int
    /// Time of the last write in nanoseconds since 1970 UTC.
    let modifiedAt: Int64
}
