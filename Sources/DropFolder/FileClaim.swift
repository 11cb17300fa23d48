public import Basics

/// How the claim of a file ended.
public enum FileClaim: Sendable, Equatable {
    /// The file is in `working/` now, under this path, as it was seen.
    case taken(path: String)
    /// A file of that name is still in `working/`; this one stays in the inbox until that has left.
    case waitsItsTurn
    /// It was written to after it was seen, so it is back in the inbox and settles anew.
    case changed
    /// It was written to after it was seen, and another file of its name came meanwhile, so it is in `rejected/` with
    /// this explanation.
    case refused(InputError)
    /// It is no longer in the inbox.
    case gone
}
