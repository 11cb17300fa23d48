/// How far words are apart, for messages that suggest what a misspelt one was meant to be.
package enum EditDistance {
    /// The number of insertions, deletions, replacements and exchanges of neighbours that turn one word into the other
    /// (optimal string alignment).
    ///
    /// It takes time and memory in proportion to the product of both lengths.
    package static func between<Element: Equatable>(_ one: [Element], _ other: [Element]) -> Int {
        var earlier: [Int] = []
        var row = Array(0...other.count)
        for i in one.indices {
            var next = [i + 1]
            for j in other.indices {
                var best = min(row[j] + (one[i] == other[j] ? 0 : 1), row[j + 1] + 1, next[j] + 1)
                if i > 0, j > 0, one[i] == other[j - 1], one[i - 1] == other[j] { best = min(best, earlier[j - 1] + 1) }
                next.append(best)
            }
            (earlier, row) = (row, next)
        }
        return row[other.count]
    }

    /// The word that takes the fewest changes to make from another, and their number.
    ///
    /// - Parameters:
    ///   - word: The word as it was written.
    ///   - words: What may have been meant.
    ///   - compared: The part of a word that counts; without the case of its letters where nothing is given.
    /// - Returns: The first of several equally near words; nil where there are none.
    package static func nearest(
        to word: String, among words: some Sequence<String>,
        comparing compared: (String) -> [Character] = { Array($0.lowercased()) }
    ) -> (word: String, distance: Int)? {
        let wanted = compared(word)
        return words.map { (word: $0, distance: between(wanted, compared($0))) }.min { $0.distance < $1.distance }
    }

    /// The word that was probably meant by one that there is not: the nearest, unless it takes changes to more than half of
    /// it.
    package static func meantWord(by word: String, among words: some Sequence<String>) -> String? {
        nearest(to: word, among: words.sorted()).flatMap { $0.distance * 2 <= word.count ? $0.word : nil }
    }

    /// The nearest word without the number, whatever the order of the words: of several equally near ones the first in
    /// alphabetical order.
    package static func nearestWord(to word: String, among words: some Sequence<String>) -> String? {
        nearest(to: word, among: words.sorted())?.word
    }
}
