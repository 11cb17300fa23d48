/// What a case has found.
struct CaseReport {
    let name: BenchmarkCase
    var figures: [Figure] = []
    /// Why it was left out, and what to do about it; nil when it was not.
    var skipped: String?
}
