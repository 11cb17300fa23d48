/// Lowers the rate while the API answers that there are too many calls.
///
/// When a tenth or more of the last hundred answers are 429 or 503, and one more of them arrives, the share of the rate
/// is multiplied by 0.7, at most once a second; it climbs back linearly in a minute. CUBIC and AIMD collapse to a tenth
/// of the contract's rate where one answer in a hundred is such an error at random.
struct ThrottleCut: Sendable {
    private static let window = 100
    private static let tooMany = 10
    private static let factor = 0.7
    private static let leastShare = 0.001
    private static let pause: Int64 = 1_000_000_000
    private static let climb: Double = 60e9

    private var answers = [Bool](repeating: false, count: window)
    private var next = 0
    private var throttled = 0
    private var lastCut: Int64?
    private var shareAfterCut = 1.0

    /// The share of the rate that may be used, at a monotonic time in nanoseconds.
    func share(at now: Int64) -> Double {
        guard let lastCut else { return 1 }
        let climbed = min(1, max(0, Double(now - lastCut) / Self.climb))
        return shareAfterCut + (1 - shareAfterCut) * climbed
    }

    /// Counts one answer; returns the new share when it cuts the rate.
    mutating func record(isThrottled: Bool, at now: Int64) -> Double? {
        throttled += (isThrottled ? 1 : 0) - (answers[next] ? 1 : 0)
        answers[next] = isThrottled
        next = (next + 1) % Self.window
        guard isThrottled, throttled >= Self.tooMany else { return nil }
        if let lastCut, now - lastCut < Self.pause { return nil }
        shareAfterCut = max(Self.leastShare, share(at: now) * Self.factor)
        lastCut = now
        return shareAfterCut
    }

    /// Goes on with a share of the rate that held `age` milliseconds ago.
    mutating func resume(share: Double, age: Int64, at now: Int64) {
        guard share > 0, share < 1 else { return }
        shareAfterCut = max(Self.leastShare, share)
        lastCut = now - min(age, 3_600_000) * 1_000_000
    }
}
