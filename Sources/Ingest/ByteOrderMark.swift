/// The byte order mark some programs put before UTF-8 (RFC 3629 §6). It is not part of the first column's name.
enum ByteOrderMark {
    static let utf8: [UInt8] = [0xEF, 0xBB, 0xBF]

    /// How many bytes of a mark stand at the beginning of `head`: three or none.
    static func length(in head: UnsafeRawBufferPointer) -> Int {
        head.starts(with: utf8) ? utf8.count : 0
    }
}
