extension AnswerTable {
    /// What is known beside the reply itself.
    public struct Circumstances: Sendable, Equatable {
        /// Whether an unencrypted 200 halts the batch (`api.require_encrypted_answers`).
        public var requireEncryptedAnswers = false
        /// Whether one of the run's last 20 outcomes was an answer that was read: then a refusal is about its record.
        public var othersAreAnswered = false
        /// Whether the answer's `requestRefId` came among the endpoint's last ones.
        public var cameBefore = false

        /// The circumstances of a single call.
        public init(
            requireEncryptedAnswers: Bool = false, othersAreAnswered: Bool = false, cameBefore: Bool = false
        ) {
            self.requireEncryptedAnswers = requireEncryptedAnswers
            self.othersAreAnswered = othersAreAnswered
            self.cameBefore = cameBefore
        }
    }
}

/// The last outcomes of a run, as far as they tell whether others are answered.
struct RecentOutcomes: Sendable {
    /// So many outcomes are looked at.
    static let window = 20

    /// Of each outcome one bit, the latest the lowest: whether it was an answer that was read.
    private var read: UInt32 = 0

    /// Whether one of them was an answer that was read.
    var holdRead: Bool { read != 0 }

    /// Takes in how a call ended, in the order in which the ends arrive.
    mutating func take(_ outcome: Outcome) {
        read = (read << 1 | (outcome.isRead ? 1 : 0)) & ((1 << UInt32(Self.window)) - 1)
    }
}
