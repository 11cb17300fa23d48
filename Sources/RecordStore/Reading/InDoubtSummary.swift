/// How many records an operator has to decide about, and why. Records that share the doubt of an earlier line are
/// resolved with it, and are left out.
package struct InDoubtSummary: Sendable, Equatable {
    /// In doubt and sent, or possibly sent.
    package private(set) var perhapsBilled = 0
    /// In doubt and surely billed: an answer came that could not be read, or was too large.
    package private(set) var answered = 0
    /// In doubt because the answer they got belongs to another call; perhaps billed.
    package private(set) var repeated = 0
    /// In doubt only because an identical record is: not sent, and sent only once that is resolved.
    package private(set) var held = 0
    /// The records that hold these, if they are still in doubt.
    package private(set) var holders: Set<RecordReference> = []
    /// The first of the records that hold others.
    package private(set) var firstHolder: RecordReference?
    /// Declared failed by an operator, and perhaps billed, either themselves or through the line whose doubt they
    /// shared.
    package private(set) var resolved = 0

    /// None.
    package init() {}

    /// Counts a record, if it belongs to one of these.
    package mutating func add(_ view: RecordView) {
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
    package mutating func addHeld(by holder: RecordReference?) {
        held += 1
        guard let holder else { return }
        firstHolder = firstHolder ?? holder
        holders.insert(holder)
    }
}
