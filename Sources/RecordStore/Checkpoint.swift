/// How far an ingest has got: everything before is committed, nothing behind it.
public struct Checkpoint: Sendable, Equatable, Codable {
    /// The byte of the file at which reading goes on.
    public var byteOffset: Int64
    /// The physical line, from 1, that starts at that byte; 0 before the first chunk.
    public var line: Int64

    /// Names a place in the file.
    public init(byteOffset: Int64, line: Int64) {
        self.byteOffset = byteOffset
        self.line = line
    }

    /// Before the first chunk.
    public static let start = Checkpoint(byteOffset: 0, line: 0)
}
