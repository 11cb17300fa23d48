/// How many characters must be put in, taken out, changed or swapped with their neighbour to turn one word into the
/// other (optimal string alignment).
public func editDistance(_ first: String, _ second: String) -> Int {
    let first = Array(first.lowercased().utf8)
    let second = Array(second.lowercased().utf8)
    var beforeLast = [Int](repeating: 0, count: second.count + 1)
    var last = Array(0...second.count)
    for row in 1..<(first.count + 1) {
        var current = [row]
        for column in 1..<(second.count + 1) {
            let change = last[column - 1] + (first[row - 1] == second[column - 1] ? 0 : 1)
            var best = min(change, last[column] + 1, current[column - 1] + 1)
            if row > 1, column > 1, first[row - 1] == second[column - 2], first[row - 2] == second[column - 1] {
                best = min(best, beforeLast[column - 2] + 1)
            }
            current.append(best)
        }
        beforeLast = last
        last = current
    }
    return last[second.count]
}

/// The word of `words` nearest to `word`; of several equally near the first in alphabetical order.
public func nearestWord(to word: String, among words: some Sequence<String>) -> String? {
    words.sorted().min { editDistance(word, $0) < editDistance(word, $1) }
}
