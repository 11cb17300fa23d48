/// What a claim does with a queued record.
enum ClaimVerdict {
    /// It is called.
    case call
    /// It is put in doubt without a call, because an identical one is in doubt.
    case hold
    /// It waits until an identical one that is under way is settled.
    case wait
    /// It gets the answer of an identical one.
    case reuse(KeptAnswer)
}
