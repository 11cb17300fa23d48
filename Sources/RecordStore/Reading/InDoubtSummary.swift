/// How many records a person has to decide about, and why. Records that share the doubt of an earlier line share its end,
/// too, and are left out.
public struct InDoubtSummary: Sendable, Equatable {
    /// In doubt and sent, or maybe sent.
    public private(set) var perhapsBilled = 0
    /// In doubt and surely billed: an answer came that could not be read, or was too large.
    public private(set) var answered = 0
    /// In doubt because their answer is the one to another call; perhaps billed.
    public private(set) var repeated = 0
    /// In doubt only because an identical record is: not sent, and sent only once that is settled.
    public private(set) var held = 0
    /// The records that hold these, as far as they are in doubt still.
    public private(set) var holders: Set<RecordReference> = []
    /// The first of those that hold.
    public private(set) var firstHolder: RecordReference?
    /// Failed by a person's word, and perhaps billed, they or the line whose doubt they shared.
    public private(set) var resolved = 0

    /// None.
    public init() {}

    /// Counts a record, if it is one of these.
    public mutating func add(_ view: RecordView) {
        if view.isResolvedByHand { resolved += 1 }
        guard view.status == .inDoubt, view.sharesLine == nil else { return }
        if view.isHeld {
            addHeld(by: view.holder)
        } else if view.isRepeated {
            repeated += 1
        } else if view.isSurelyBilled {
            answered += 1
        } else {
            perhapsBilled += 1
        }
    }

    /// Counts a record that is held.
    public mutating func addHeld(by holder: RecordReference?) {
        held += 1
        guard let holder else { return }
        firstHolder = firstHolder ?? holder
        holders.insert(holder)
    }
}
