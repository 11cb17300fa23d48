/// A file that has been read from end to end and found to be text: only such a file can be taken in, so nothing of a
/// file that is refused is ever queued.
public struct ExaminedFile: Sendable {
    /// The file.
    public let file: InputFile
    /// SHA-256 of its whole content, 32 bytes: with the job's name, what the file is known by.
    public let contentDigest: [UInt8]
}
