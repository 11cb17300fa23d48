/// What forgetting a person means for a record of theirs, by the status it has. A pure rule.
///
/// A call under way is awaited, because its answer would be written beside what was just erased; a record in doubt is
/// kept until an operator has decided about it, because its row is all that tells what may have been billed.
package enum ForgetDecision: Sendable, Equatable {
    /// What is personal of it is erased; its status stays.
    case erase
    /// It is cancelled, and erased.
    case cancel
    /// Its call is under way: its end is awaited.
    case awaitAnswer
    /// It is in doubt: it is resolved first.
    case resolveFirst

    /// Decides about one record.
    ///
    /// - Parameters:
    ///   - status: Its status.
    ///   - isRestored: Whether the database is a copy that is about to be put in place: nothing of it is under way, and
    ///     what was forgotten since it was made is erased whatever its status. A status that tells of a call stays.
    package init(_ status: RecordStatus, isRestored: Bool = false) {
        switch status {
        case .succeeded, .failed, .invalid, .reused, .cancelled: self = .erase
        case .queued: self = .cancel
        case .inFlight: self = isRestored ? .erase : .awaitAnswer
        case .inDoubt: self = isRestored ? .erase : .resolveFirst
        }
    }

    /// Whether the record is erased now.
    package var isPossible: Bool { self == .erase || self == .cancel }
}
