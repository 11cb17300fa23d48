/// Finds what a misspelt name was probably meant to be.
enum NearestName {
    /// The name that takes the fewest changes of one character to make from `name`, nil where every one takes more
    /// than a third of its length. Case, `_`, `-`, `.` and spaces do not count.
    static func of(_ name: String, among names: some Sequence<String>) -> String? {
        let wanted = plain(name)
        let ranked = names.map { (name: $0, distance: distance(wanted, plain($0))) }
        guard let nearest = ranked.min(by: { $0.distance < $1.distance }) else { return nil }
        return nearest.distance <= max(wanted.count, 3) / 3 ? nearest.name : nil
    }

    /// The name as it is compared.
    static func plain(_ name: String) -> [Character] {
        name.lowercased().filter { !"_-. ".contains($0) }.map { $0 }
    }

    /// The number of insertions, deletions, replacements and exchanges of neighbours (optimal string alignment).
    static func distance(_ one: [Character], _ other: [Character]) -> Int {
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
}
