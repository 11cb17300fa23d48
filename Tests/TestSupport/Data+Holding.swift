package import Foundation
import Glibc

extension Data {
    /// Whether some bytes stand in it; nothing stands everywhere.
    ///
    /// `range(of:)` takes seconds for a large file in a build without optimisation, and a test that looks for a hundred values
    /// keeps others from running.
    package func holds(_ bytes: some ContiguousBytes) -> Bool {
        withUnsafeBytes { all in bytes.withUnsafeBytes { Self.place(of: $0, in: all) != nil } }
    }

    private static func place(of bytes: UnsafeRawBufferPointer, in all: UnsafeRawBufferPointer) -> Int? {
        guard let first = bytes.first, let sought = bytes.baseAddress, let base = all.baseAddress else {
            return bytes.isEmpty ? 0 : nil
        }
        var place = 0
        while all.count - place >= bytes.count {
            let rest = all.count - place - bytes.count + 1
            guard let found = memchr(base + place, Int32(first), rest) else { return nil }
            place = UnsafeRawPointer(found) - base
            if memcmp(found, sought, bytes.count) == 0 { return place }
            place += 1
        }
        return nil
    }
}
