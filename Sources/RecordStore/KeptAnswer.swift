/// An answer taken from an identical record, opened.
struct KeptAnswer {
    /// The record that was called.
    let source: Int64
    let httpStatus: Int64?
    let correlationID: String?
    let requestRefID: String?
    let submittedAt: Int64?
    let completedAt: Int64
    let hasWarnings: Bool
    /// A warning of ours that stood beside it.
    let detail: [UInt8]?
    let answer: [UInt8]
}
