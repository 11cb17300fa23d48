/// An answer that could not be read when it came and now can.
public struct RedecipheredAnswer: Sendable {
    /// The answer's clear bytes.
    public let answer: [UInt8]
    /// Its `requestRefId`.
    public let requestRefID: String?
    /// Whether it brought warnings or alerts.
    public let hasWarnings: Bool
    /// A warning of ours to keep beside it, such as that it was not encrypted.
    public let warning: String?
}
