import Foundation

extension UnsafeRawBufferPointer {
    /// Offset of the first `byte` in `range`, by the C library's vector code.
    func firstOffset(of byte: UInt8, in range: Range<Int>) -> Int? {
        guard let base = baseAddress, !range.isEmpty,
            let found = memchr(base + range.lowerBound, Int32(byte), range.count)
        else { return nil }
        return found - UnsafeMutableRawPointer(mutating: base)
    }

    /// How many `byte` there are in `range`.
    func count(of byte: UInt8, in range: Range<Int>) -> Int {
        var count = 0
        var rest = range
        while let found = firstOffset(of: byte, in: rest) {
            count += 1
            rest = found + 1..<rest.upperBound
        }
        return count
    }

    /// The bytes of `range`, not copied.
    func portion(_ range: Range<Int>) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(rebasing: self[range])
    }
}
