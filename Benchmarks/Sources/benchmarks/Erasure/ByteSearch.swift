import Foundation

/// Finds which of many byte strings stand in files, in one pass over each file however many they are.
struct ByteSearch {
    /// In bytes; each string must be as long, so that its start alone excludes nearly every place.
    private static let startLength = MemoryLayout<UInt64>.size

    private let strings: [[UInt8]]
    /// Places in `strings` by how they start.
    private var byStart: [UInt64: [Int]] = [:]
    /// Whether any of them starts with two bytes: a table that fits the processor's cache.
    private var starts = [Bool](repeating: false, count: 1 << 16)

    /// How many strings are looked for.
    var count: Int { strings.count }

    /// Prepares the search.
    ///
    /// - Throws: `BenchmarkError` for a string of less than 8 bytes.
    init(for strings: [[UInt8]]) throws {
        self.strings = strings
        for (place, string) in strings.enumerated() {
            guard string.count >= Self.startLength else {
                throw BenchmarkError("a string of \(string.count) bytes is too short to be looked for")
            }
            let start = string.withUnsafeBytes { $0.loadUnaligned(as: UInt64.self) }
            byStart[start, default: []].append(place)
            starts[Int(UInt16(truncatingIfNeeded: start))] = true
        }
    }

    /// The strings that stand in any of some files, as places in what was given.
    ///
    /// - Throws: What reading a file throws.
    func found(in paths: [String]) throws -> Set<Int> {
        var found: Set<Int> = []
        for path in paths {
            try Interruption.check()
            let content = try Data(contentsOf: URL(filePath: path), options: .alwaysMapped)
            content.withUnsafeBytes { look(in: $0, &found) }
        }
        return found
    }

    private func look(in bytes: UnsafeRawBufferPointer, _ found: inout Set<Int>) {
        guard bytes.count >= Self.startLength else { return }
        starts.withUnsafeBufferPointer { starts in
            for offset in 0...(bytes.count - Self.startLength) {
                guard starts[Int(bytes.loadUnaligned(fromByteOffset: offset, as: UInt16.self))] else { continue }
                let start = bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
                for place in byStart[start] ?? [] where bytes[offset...].starts(with: strings[place]) {
                    found.insert(place)
                }
            }
        }
    }
}
