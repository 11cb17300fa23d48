/// Where a sealed record lies in its chunk's arena.
struct SealedRow {
    let id: Int64
    /// 16 bytes; nil for a record that was refused.
    let fingerprint: Range<Int>?
    let payload: Range<Int>
    /// The rule a refused record breaks, sealed.
    let detail: Range<Int>?
}
