import Basics

/// Bytes that can be read from any offset: a file, or the bytes of a test in awkward portions.
protocol ByteSource: Sendable {
    /// Reads up to `buffer.count` bytes from `offset` on; fewer are allowed, none means the end.
    ///
    /// - Parameters:
    ///   - buffer: receives the bytes.
    ///   - offset: offset in bytes from the beginning.
    /// - Returns: how many bytes were read.
    /// - Throws: `InputError` when the system cannot read.
    func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int) throws(InputError) -> Int
}
