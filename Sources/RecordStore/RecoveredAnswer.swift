/// An answer that could not be deciphered when it came and now can: it was billed then and needs no call.
public struct RecoveredAnswer: Sendable {
    /// The record, in doubt until now.
    public var record: RecordID
    /// The answer, decrypted; kept sealed.
    public var answer: [UInt8]
    /// The answer's `requestRefId`.
    public var requestRefID: String?
    /// Whether the answer brought warnings or alerts.
    public var hasWarnings: Bool
    /// A warning of ours to keep beside it; kept sealed.
    public var warning: String?

    /// Describes an answer that can be read now.
    public init(
        record: RecordID, answer: [UInt8], requestRefID: String?, hasWarnings: Bool = false, warning: String? = nil
    ) {
        self.record = record
        self.answer = answer
        self.requestRefID = requestRefID
        self.hasWarnings = hasWarnings
        self.warning = warning
    }
}
