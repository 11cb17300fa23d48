/// The byte order mark some programs put before UTF-8 (RFC 3629 §6). It is not part of the first column's name, and
/// where files were joined it is not part of the line it stands before.
enum ByteOrderMark {
    static let utf8: [UInt8] = [0xEF, 0xBB, 0xBF]

    /// How many bytes of a mark stand at the beginning of `head`: three or none.
    @inline(__always)
    static func length(in head: UnsafeRawBufferPointer) -> Int {
        head.first == 0xEF && head.starts(with: utf8) ? utf8.count : 0
    }

    /// The line without a mark before it, not copied.
    @inline(__always)
    static func dropped(from line: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
        let mark = length(in: line)
        return mark == 0 ? line : line.portion(mark..<line.count)
    }
}
