public import Basics

/// What was found in `working/` at a start.
public struct RecoveredFiles: Sendable, Equatable {
    /// Names of files in `working/` whose batches go on.
    public internal(set) var claimed: [String] = []
    /// Names of files in `working/` that were whole when they were taken and have no batch yet; examine them next.
    public internal(set) var unclaimed: [String] = []
    /// Names of files that were put back into the inbox, where they settle anew.
    public internal(set) var returned: [String] = []
    /// Files that could not be put back, because the inbox has another of that name; they are in `rejected/`.
    public internal(set) var refused: [InputError] = []
    /// Claimed names that are no longer in `working/`: they had left before their claim was forgotten. Forget it now.
    public internal(set) var gone: [String] = []
}
