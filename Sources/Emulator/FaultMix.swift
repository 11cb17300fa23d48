/// The share of calls that go wrong, by kind; each a fraction from 0 to 1, together at most 1.
public struct FaultMix: Sendable, Equatable {
    /// 429 with `Retry-After: 1`.
    public var tooManyRequests = 0.0
    /// 503 without `Retry-After`.
    public var unavailable = 0.0
    /// 503 with `Retry-After: 1`.
    public var unavailableForASecond = 0.0
    /// 500 with the API's error body.
    public var internalError = 0.0
    /// The connection is reset before the request was read. Such calls are not in the log; which record is
    /// struck depends on the order of arrival, because nobody has read it.
    public var resetBeforeReading = 0.0
    /// The request is read, then the connection is reset without an answer.
    public var resetAfterReading = 0.0
    /// An ordinary answer, late by ``slowness``.
    public var slow = 0.0
    /// How late a slow answer is.
    public var slowness: Duration = .seconds(2)

    /// Makes a mix in which nothing goes wrong.
    public init() {}

    /// Reads a mix such as `429=0.5%,503=0.01,reset=0.5%`.
    ///
    /// - Parameter text: pairs of kind and fraction (or percentage), separated by commas; the kinds are those
    ///   of ``kinds``.
    /// - Throws: ``EmulatorError`` naming the kind that is unknown, the share that is no fraction, or a sum above 1.
    public init(parsing text: String) throws(EmulatorError) {
        for pair in text.split(separator: ",") {
            let parts = pair.split(separator: "=", maxSplits: 1).map { $0.filter { $0 != " " } }
            guard let kind = Self.kinds.first(where: { $0.name == parts.first ?? "" }) else {
                throw .unknownFault(names: Self.kinds.map(\.name))
            }
            guard parts.count == 2, let share = Self.share(parts[1]) else { throw .noFraction(kind: kind.name) }
            self[keyPath: kind.share] = share
        }
        guard total <= 1 else { throw .faultsAboveOne }
    }

    /// The kinds of the mix in the order in which they are drawn, with the names used in ``init(parsing:)``.
    static var kinds: [(name: String, share: WritableKeyPath<FaultMix, Double>)] {
        [
            ("429", \.tooManyRequests), ("503", \.unavailable), ("503a", \.unavailableForASecond),
            ("500", \.internalError), ("reset", \.resetAfterReading), ("slow", \.slow),
            ("reset-before", \.resetBeforeReading),
        ]
    }

    private var total: Double {
        Self.kinds.reduce(0) { $0 + self[keyPath: $1.share] }
    }

    private static func share(_ text: String) -> Double? {
        let percent = text.hasSuffix("%")
        guard let number = Double(percent ? String(text.dropLast()) : text) else { return nil }
        let share = percent ? number / 100 : number
        return (0...1).contains(share) ? share : nil
    }
}
