package import Basics

/// Bytes that can be read from any offset: a file, or the bytes of a test in awkward portions.
package protocol ByteSource: Sendable {
    /// Reads up to `buffer.count` bytes from `offset` on; fewer are allowed, none means the end.
    ///
    /// - Parameters:
    ///   - buffer: receives the bytes.
    ///   - offset: offset in bytes from the beginning.
    /// - Returns: how many bytes were read.
    /// - Throws: `InputError` when the system cannot read.
    func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int) throws(InputError) -> Int
}

/// A whole file that can be taken in: one on a disk, or one that only this process can open.
package protocol InputSource: ByteSource {
    /// The file's name, without its folder.
    var name: String { get }

    /// The file's identity now; it changes when the file is written to.
    ///
    /// - Returns: device, inode, size, and the times of the last write and the last change.
    /// - Throws: `InputError` when the system cannot answer.
    func identity() throws(InputError) -> FileIdentity

    /// Whether a program on this machine has the file open for writing, as far as the system tells.
    var isOpenForWriting: Bool { get }
}
