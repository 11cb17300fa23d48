/// A password or another value that must not be shown: its descriptions and reflection hide it.
public struct Secret: Sendable, Equatable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// The secret itself, for the one place that needs it.
    public let revealed: String

    /// Hides a value.
    public init(_ revealed: String) { self.revealed = revealed }

    /// Three dots.
    public var description: String { "…" }
    /// Three dots.
    public var debugDescription: String { "…" }
    /// A mirror without children.
    public var customMirror: Mirror { Mirror(self, children: []) }
}
