/// What would become of a request were its turn now.
public enum Prospect: Sendable, Equatable {
    /// It would be called.
    case call
    /// It would get the answer of an identical record.
    case reuse
    /// It would be held, because an identical record is in doubt.
    case hold
}
