/// Why nothing could be measured.
struct BenchmarkError: Error, CustomStringConvertible {
    /// One sentence: what is wrong and what to do.
    let description: String

    init(_ description: String) {
        self.description = description
    }
}
