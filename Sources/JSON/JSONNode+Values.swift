extension JSONNode {
    /// The text of a string; nil for other kinds.
    public var string: String? {
        withStringBytes { String(decoding: $0, as: UTF8.self) }
    }

    /// The unescaped UTF-8 of a string; nil for other kinds.
    public var stringBytes: [UInt8]? {
        kind == .string ? storage.unescapedString(at: index) : nil
    }

    /// Calls `body` with the unescaped UTF-8 of a string, without a copy where it has no escapes; nil for other kinds.
    public func withStringBytes<Result>(_ body: (UnsafeRawBufferPointer) throws -> Result) rethrows -> Result? {
        guard kind == .string else { return nil }
        return try storage.withString(at: index, body)
    }

    /// The value of a number written without fraction and exponent that fits Int64; nil for everything else.
    public var integer: Int64? {
        guard kind == .number else { return nil }
        var magnitude: UInt64 = 0
        let isNegative = raw.first == UInt8(ascii: "-")
        for byte in isNegative ? raw.dropFirst() : raw {
            guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) else { return nil }
            let (tenfold, overflow) = magnitude.multipliedReportingOverflow(by: 10)
            let (sum, carry) = tenfold.addingReportingOverflow(UInt64(byte - UInt8(ascii: "0")))
            guard !overflow, !carry else { return nil }
            magnitude = sum
        }
        guard isNegative else { return Int64(exactly: magnitude) }
        return magnitude == Int64.min.magnitude ? .min : Int64(exactly: magnitude).map(-)
    }

    /// Whether the value is a number written without fraction and exponent, of whatever size.
    public var isWholeNumber: Bool {
        kind == .number
            && (raw.first == UInt8(ascii: "-") ? raw.dropFirst() : raw).allSatisfy {
                (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0)
            }
    }

    /// The nearest double to a number, correctly rounded; nil for other kinds and beyond the range of double.
    public var double: Double? {
        guard kind == .number, let value = Double(String(decoding: raw, as: UTF8.self)), value.isFinite else {
            return nil
        }
        return value
    }

    /// The value of `true` or `false`; nil for other kinds.
    public var boolean: Bool? {
        kind == .boolean ? raw.first == UInt8(ascii: "t") : nil
    }

    /// Whether the value is `null`.
    public var isNull: Bool { kind == .null }
}
