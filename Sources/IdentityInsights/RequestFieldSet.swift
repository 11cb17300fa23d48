/// Which fields a request has: one bit for each place in `RequestField.all`.
public struct RequestFieldSet: Sendable, Equatable {
    private var bits: UInt64 = 0

    /// Stands for any field below `device.` that the API's document does not name; it passes through, and it is
    /// one of the fields that make `device.ip` and `device.userAgent` required.
    public static let unknownDeviceField = 63

    /// Makes an empty set.
    public init() {}

    /// Adds the field at a place in `RequestField.all`, or `unknownDeviceField`.
    public mutating func insert(_ index: Int) {
        bits |= 1 << UInt64(index)
    }

    /// Whether the field at a place in `RequestField.all`, or `unknownDeviceField`, is there.
    public func contains(_ index: Int) -> Bool {
        bits & (1 << UInt64(index)) != 0
    }

    /// Whether no field is there.
    public var isEmpty: Bool { bits == 0 }

    /// The fields of both sets.
    public func union(_ other: RequestFieldSet) -> RequestFieldSet {
        var result = self
        result.bits |= other.bits
        return result
    }

    /// Whether the two sets share a field.
    func meets(_ other: RequestFieldSet) -> Bool {
        bits & other.bits != 0
    }

    /// The set without the fields of another.
    func subtracting(_ other: RequestFieldSet) -> RequestFieldSet {
        var result = self
        result.bits &= ~other.bits
        return result
    }

    /// The fields whose path starts so.
    static func fields(under prefix: String) -> RequestFieldSet {
        var set = RequestFieldSet()
        for field in RequestField.all where field.path.hasPrefix(prefix) { set.insert(field.index) }
        return set
    }
}
