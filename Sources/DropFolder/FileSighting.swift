import Basics

/// A file as it was seen in an inbox at one moment.
public struct ObservedFile: Sendable, Equatable {
    /// Its name, without the folder.
    public let name: String
    let identity: FileIdentity
    /// Its marker, `NAME.done`, if that was there.
    let marker: FileIdentity?

    /// Whether its marker, `NAME.done`, was there.
    public var hasMarker: Bool { marker != nil }
    /// Its size in bytes.
    public var byteCount: Int { identity.byteCount }

    /// Whether the file is the one seen before, and stood still since.
    public func isUnchanged(since earlier: ObservedFile) -> Bool { identity == earlier.identity }

    init(name: String, identity: FileIdentity, marker: FileIdentity? = nil) {
        self.name = name
        self.identity = identity
        self.marker = marker
    }
}
