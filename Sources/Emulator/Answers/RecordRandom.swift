/// Chance that depends on the record only, so that the same record always gets the same insights and faults.
///
/// SplitMix64 (Steele, Lea, Flood: Fast Splittable Pseudorandom Number Generators, 2014).
struct RecordRandom: RandomNumberGenerator, Sendable {
    private var state: UInt64

    init(seed: UInt64) {
        state = seed
    }

    /// The insights' chance: the record alone.
    init(_ key: RequestKey) {
        state = key.words[0] ^ key.words[3]
    }

    /// The faults' chance: seed, record and attempt.
    init(seed: UInt64, key: RequestKey, attempt: Int) {
        var mixed = RecordRandom(seed: seed ^ key.words[1])
        state = mixed.next() ^ (UInt64(truncatingIfNeeded: attempt) &* 0xD6E8_FEB8_6659_FD93)
    }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    /// A fraction from 0 up to, not including, 1.
    mutating func fraction() -> Double {
        Double(next() >> 11) * 0x1p-53
    }

    /// A whole number of the range.
    mutating func integer(_ range: ClosedRange<Int64>) -> Int64 {
        range.lowerBound + Int64(next() % UInt64(range.upperBound - range.lowerBound + 1))
    }

    /// One of the choices; empty if there are none.
    mutating func one(of choices: [String]) -> String {
        choices.isEmpty ? "" : choices[Int(next() % UInt64(choices.count))]
    }

    /// So many hexadecimal digits.
    mutating func hexadecimal(_ count: Int) -> String {
        String((0..<count).map { _ in Character(String(next() & 15, radix: 16)) })
    }

    /// True in about one of `count` cases.
    mutating func oneIn(_ count: UInt64) -> Bool {
        next() % count == 0
    }
}
