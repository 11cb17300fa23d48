/// The number of a re-run within its batch, from 1: by it a run knows which of the batch's waiting records it was asked to
/// send.
public struct RerunNumber: RawRepresentable, Hashable, Sendable {
    /// The number.
    public let rawValue: Int64

    /// Names the re-run with this number, which need not exist.
    public init(rawValue: Int64) {
        self.rawValue = rawValue
    }
}

/// Records of a batch that were selected and queued again, to be sent whatever else waits there.
public struct Rerun: Sendable, Equatable {
    /// What they are known by; nil where nothing was selected.
    public internal(set) var number: RerunNumber?
    /// How many had ended, and were queued again.
    public internal(set) var queued = 0
    /// How many of the selection were waiting still, because an earlier re-run had queued them and did not come to them.
    public internal(set) var takenOver = 0

    /// How many are to be sent.
    public var records: Int { queued + takenOver }

    /// Nothing was selected.
    public init() {}
}
