import Basics

@testable import Ingest

/// Bytes in memory, read in portions of a given size, as a slow or odd file system may give them.
struct MemorySource: ByteSource {
    let bytes: [UInt8]
    var portion = Int.max
    /// Where a single read ends early, to put the end of a block at a chosen place.
    var split = Int.max

    init(_ text: String, portion: Int = .max, split: Int = .max) {
        self.init(Array(text.utf8), portion: portion, split: split)
    }

    init(_ bytes: [UInt8], portion: Int = .max, split: Int = .max) {
        self.bytes = bytes
        self.portion = portion
        self.split = split
    }

    func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int) throws(InputError) -> Int {
        let rest = bytes.count - offset
        let untilSplit = offset < split ? split - offset : .max
        let count = min(rest, buffer.count, portion, untilSplit)
        guard count > 0 else { return 0 }
        buffer.copyBytes(from: bytes[offset..<offset + count])
        return count
    }
}
