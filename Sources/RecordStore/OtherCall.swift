/// A call that is no batch's, by what it is shown as.
public enum OtherCall: String, Sendable, CaseIterable {
    /// The one that `rollcall doctor --one-call` makes.
    case doctor
    /// Made since the copy of a restored database, which does not know of it: perhaps billed.
    case lost = "lost by a restore"
}
