/// Standard output cannot be written any more; ``Console/settled(_:)`` knows why and says so.
public struct OutputLost: Error, Sendable {}
