/// How long ended calls wait for others to end, so that they share one commit. Decides, does nothing.
///
/// A commit costs two synchronised writes and the pages that every commit changes, whatever its size, so at a thousand
/// calls a second groups of ten to sixteen cost a good deal less a record than groups of five. At the few calls a second
/// of most contracts nothing would come of waiting, and nothing waits.
struct CommitCoalescing: Sendable {
    /// Longest wait, in nanoseconds: short beside a call, because an end that is not written is in doubt after a crash.
    static let patience: Int64 = 8_000_000
    /// Calls that have to be expected within that time.
    static let worthwhile: Int64 = 4

    /// So many are written without waiting.
    let limit: Int
    private var firstAt: Int64?
    private var tookAt: Int64?
    private var isFlowing = false

    init(limit: Int) {
        self.limit = max(1, limit)
    }

    /// A call ended, at a monotonic time in nanoseconds.
    mutating func ended(at now: Int64) {
        firstAt = firstAt ?? now
    }

    /// So many ended calls are being written.
    mutating func took(_ count: Int, at now: Int64) {
        guard count > 0 else { return }
        if let tookAt {
            let elapsed = now - tookAt
            isFlowing = elapsed > 0 && Int64(count) * Self.patience >= Self.worthwhile * elapsed
        }
        tookAt = now
        firstAt = nil
    }

    /// Until when `count` ended calls wait for others of the `underWay`; nil where they are to be written now.
    func deadline(count: Int, underWay: Int, at now: Int64) -> Int64? {
        guard isFlowing, count < limit, underWay > 0, let firstAt else { return nil }
        let deadline = firstAt + Self.patience
        return deadline > now ? deadline : nil
    }
}
