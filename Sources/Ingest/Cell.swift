import IdentityInsights

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

    /// Takes white space and invisible characters off its ends, and a formula's frame from around its text.
    ///
    /// - Parameters:
    ///   - base: the memory it stands in.
    ///   - trims: whether the ends are looked at.
    ///   - unwraps: whether `="0013"` is read as 0013.
    mutating func clean(in base: UnsafeRawBufferPointer, trims: Bool, unwraps: Bool) {
        guard !isJSON else { return }
        var text = range
        if trims { text = InvisibleCharacters.trimmed(text, of: base) }
        let quotes = hasDoubledQuotes ? 2 : 1
        if unwraps, let inside = SpreadsheetDamage.textOfFormula(base.portion(text), quotes: quotes) {
            text = text.lowerBound + inside.lowerBound..<text.lowerBound + inside.upperBound
            if trims { text = InvisibleCharacters.trimmed(text, of: base) }
            self = Cell(text)
        } else {
            self = Cell(text, hasDoubledQuotes: hasDoubledQuotes)
        }
    }
}
