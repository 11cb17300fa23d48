package import Basics
import RecordStore

/// How many lines of a batch came to their end, and how, in each step of its time: at most 60 equal steps, whose length
/// doubles as the batch goes on. A pure value of constant size.
package struct SettlementTimeline: Sendable, Codable, Equatable {
    /// How a line ends, as far as a call is concerned.
    package enum Kind: Sendable, CaseIterable {
        /// Answered, or with an identical line's answer.
        case answered
        case failed
        case inDoubt
    }

    /// When the first step begins: ISO 8601 in UTC.
    package let from: String
    /// How long a step is, in seconds.
    package private(set) var stepSeconds = 1
    /// Lines by step.
    package private(set) var answered: [Int] = []
    package private(set) var failed: [Int] = []
    package private(set) var inDoubt: [Int] = []

    /// How many steps there are at most.
    package static let capacity = 60

    package enum CodingKeys: String, CodingKey, CaseIterable {
        case from
        case stepSeconds = "step_seconds"
        case answered, failed
        case inDoubt = "in_doubt"
    }

    /// A timeline without any line, which begins at a time.
    package init(from start: WallTime) { from = Timestamp.text(start) }

    /// Adds lines that came to their end.
    ///
    /// - Parameters:
    ///   - kind: How they ended.
    ///   - count: How many; less than 1 adds nothing.
    ///   - offset: How long after the beginning; one before it counts as at the beginning.
    package mutating func add(_ kind: Kind, count: Int = 1, after offset: Duration) {
        guard count > 0 else { return }
        let seconds = max(0, Int(offset.milliseconds / 1_000))
        while seconds / stepSeconds >= Self.capacity { halve() }
        let step = seconds / stepSeconds
        while answered.count <= step {
            answered.append(0)
            failed.append(0)
            inDoubt.append(0)
        }
        switch kind {
        case .answered: answered[step] += count
        case .failed: failed[step] += count
        case .inDoubt: inDoubt[step] += count
        }
    }

    /// How many lines ended in a step, in any way.
    package func total(of step: Int) -> Int { answered[step] + failed[step] + inDoubt[step] }

    /// Joins each two steps.
    private mutating func halve() {
        stepSeconds *= 2
        func joined(_ counts: [Int]) -> [Int] {
            stride(from: 0, to: counts.count, by: 2).map { counts[$0] + ($0 + 1 < counts.count ? counts[$0 + 1] : 0) }
        }
        (answered, failed, inDoubt) = (joined(answered), joined(failed), joined(inDoubt))
    }
}

extension SettlementTimeline.Kind {
    /// How a record with a status ended; nil for one that has not, or needed no call to end.
    init?(_ status: RecordStatus) {
        switch status {
        case .succeeded, .reused: self = .answered
        case .failed: self = .failed
        case .inDoubt: self = .inDoubt
        case .queued, .inFlight, .invalid, .cancelled: return nil
        }
    }
}
