/// Where one cell's text stands in a row. Rows are shorter than 4 GiB, so offsets take four bytes.
struct Cell {
    private var start: UInt32 = 0
    private var end: UInt32 = 0
    /// Whether doubled quotes in it stand for single ones.
    var hasDoubledQuotes = false
    /// Whether it is an array in canonical JSON rather than text.
    var isJSON = false

    init() {}

    /// - Parameters:
    ///   - range: offsets of the text, without the quotes around it.
    ///   - hasDoubledQuotes: whether the text holds doubled quotes.
    @inline(__always)
    init(_ range: Range<Int>, hasDoubledQuotes: Bool = false) {
        start = UInt32(truncatingIfNeeded: range.lowerBound)
        end = UInt32(truncatingIfNeeded: range.upperBound)
        self.hasDoubledQuotes = hasDoubledQuotes
    }

    /// Leaves out the first byte of a text that is not empty and does not begin with a quote.
    mutating func dropFirst() { start += 1 }

    var range: Range<Int> { Int(start)..<Int(end) }
    var isEmpty: Bool { start == end }
    /// Whether its bytes are not simply the text.
    var needsWork: Bool { hasDoubledQuotes || isJSON }
}
