/// Round numbers as people say them.
enum Count {
    /// `1M`, `100k` or `250`.
    static func text(_ count: Int) -> String {
        if count >= 1_000_000, count.isMultiple(of: 1_000_000) { return "\(count / 1_000_000)M" }
        return count.isMultiple(of: 1_000) ? "\(count / 1_000)k" : "\(count)"
    }
}
