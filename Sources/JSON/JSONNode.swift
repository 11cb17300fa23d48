/// A view of one value in a document: cheap to copy, keeps the document alive.
public struct JSONNode: Sendable {
    /// The six kinds of value; `true` and `false` are one kind.
    public enum Kind: Sendable {
        /// Members under names that are unique.
        case object
        /// Elements in order.
        case array
        /// Text.
        case string
        /// A number, kept as written.
        case number
        /// `true` or `false`.
        case boolean
        /// `null`.
        case null
    }

    let storage: JSONStorage
    let index: Int

    /// What the value is.
    public var kind: Kind { entry.kind }

    /// The value's bytes as they stand in the document, quotes and escapes included.
    public var raw: ArraySlice<UInt8> { storage.bytes[entry.range] }

    /// How many members or elements the value has; 0 for leaves. Takes linear time.
    public var count: Int {
        switch kind {
        case .object: members.reduce(0) { count, _ in count + 1 }
        case .array: elements.reduce(0) { count, _ in count + 1 }
        default: 0
        }
    }

    /// The members of an object in the document's order; empty when the value is no object.
    public var members: JSONMembers {
        JSONMembers(storage: storage, names: kind == .object ? inside : 0..<0)
    }

    /// The elements of an array in order; empty when the value is no array.
    public var elements: JSONElements {
        JSONElements(storage: storage, indices: kind == .array ? inside : 0..<0)
    }

    /// The member of an object with this name; nil when there is none or the value is no object.
    public subscript(key: String) -> JSONNode? {
        var key = key
        return key.withUTF8 { member(utf8: UnsafeRawBufferPointer($0)) }
    }

    /// The element of an array at this index; nil beyond its bounds or when the value is no array. Takes time in
    /// proportion to the index.
    public subscript(place: Int) -> JSONNode? {
        guard place >= 0 else { return nil }
        return elements.dropFirst(place).first { _ in true }
    }

    /// The member of an object with this name in UTF-8; nil when there is none or the value is no object.
    private func member(utf8 name: UnsafeRawBufferPointer) -> JSONNode? {
        guard kind == .object else { return nil }
        let inside = inside
        var here = inside.lowerBound
        while here < inside.upperBound {
            if storage.withString(at: here, { $0.elementsEqual(name) }) {
                return JSONNode(storage: storage, index: here + 1)
            }
            here += 1 + Int(storage.tape[here + 1].extent)
        }
        return nil
    }

    var entry: TapeEntry { storage.tape[index] }

    /// The tape entries of the container's content.
    var inside: Range<Int> { index + 1..<index + Int(entry.extent) }
}

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

    /// Whether the value is a number written without fraction and exponent, of any size.
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

/// The elements of an array in order.
public struct JSONElements: Sequence, Sendable {
    let storage: JSONStorage
    let indices: Range<Int>

    /// Starts at the first element.
    public func makeIterator() -> Iterator {
        Iterator(storage: storage, rest: indices)
    }

    /// Walks the elements one by one.
    public struct Iterator: IteratorProtocol {
        let storage: JSONStorage
        var rest: Range<Int>

        /// The next element; nil after the last.
        public mutating func next() -> JSONNode? {
            guard !rest.isEmpty else { return nil }
            let element = JSONNode(storage: storage, index: rest.lowerBound)
            rest = element.index + Int(element.entry.extent)..<rest.upperBound
            return element
        }
    }
}

/// The members of an object in the document's order.
public struct JSONMembers: Sequence, Sendable {
    let storage: JSONStorage
    let names: Range<Int>

    /// Starts at the first member.
    public func makeIterator() -> Iterator {
        Iterator(storage: storage, rest: names)
    }

    /// Walks the members one by one.
    public struct Iterator: IteratorProtocol {
        let storage: JSONStorage
        var rest: Range<Int>

        /// The next member's unescaped name and value; nil after the last.
        public mutating func next() -> (key: String, value: JSONNode)? {
            guard !rest.isEmpty else { return nil }
            let name = rest.lowerBound
            let value = JSONNode(storage: storage, index: name + 1)
            rest = name + 1 + Int(value.entry.extent)..<rest.upperBound
            return (storage.withString(at: name) { String(decoding: $0, as: UTF8.self) }, value)
        }
    }
}

extension JSONNode {
    /// Writes the value in one fixed form: members sorted by the bytes of their names, no white space, strings with
    /// the fewest escapes, numbers as written. Two texts of the same value give the same bytes, whatever the order of
    /// members, the white space and the way characters are escaped.
    ///
    /// - Parameter writer: receives the value, as part of whatever it is writing.
    public func canonical(into writer: inout JSONWriter) {
        switch kind {
        case .object: canonicalObject(into: &writer)
        case .array:
            writer.beginArray()
            for element in elements { element.canonical(into: &writer) }
            writer.endArray()
        case .string: storage.withString(at: index) { writer.string(utf8: $0) }
        case .number, .boolean, .null: writer.raw(raw)
        }
    }

    /// The canonical form of the value.
    public var canonicalBytes: [UInt8] {
        var writer = JSONWriter()
        canonical(into: &writer)
        return writer.bytes
    }

    private func canonicalObject(into writer: inout JSONWriter) {
        var sorted: [(name: [UInt8], value: JSONNode)] = []
        forEachMember { sorted.append(([UInt8]($0), $1)) }
        sorted.sort { $0.name.lexicographicallyPrecedes($1.name) }
        writer.beginObject()
        for (name, value) in sorted {
            name.withUnsafeBytes { writer.key(utf8: $0) }
            value.canonical(into: &writer)
        }
        writer.endObject()
    }
}

extension JSONNode {
    /// Calls `body` for each value inside this one that is neither object nor array, in the document's order.
    ///
    /// Paths are names joined by dots, with `[0]` for an array's elements: `user.scores.identityRisk`, `warnings[0]`.
    /// The path of a leaf walked by itself is empty. Empty objects and arrays have no leaves. A name that itself holds
    /// a dot is written as it is, so a path alone does not always lead back to its value.
    ///
    /// - Parameter body: takes the path and the leaf.
    public func forEachLeaf(_ body: (_ path: String, _ leaf: JSONNode) throws -> Void) rethrows {
        try forEachLeafPath { path, leaf in
            try body(String(decoding: path, as: UTF8.self), leaf)
        }
    }

    /// As `forEachLeaf`, with the path in UTF-8 in one reused buffer: nothing is allocated per leaf.
    ///
    /// - Parameter body: takes the path, to be copied if it is to be kept, and the leaf.
    public func forEachLeafPath(_ body: (_ path: [UInt8], _ leaf: JSONNode) throws -> Void) rethrows {
        var path: [UInt8] = []
        path.reserveCapacity(128)
        try walkLeaves(path: &path, isInObject: false, body)
    }

    /// Calls `body` for each member of an object with its unescaped name, without allocating per member.
    ///
    /// - Parameter body: takes the name in UTF-8, valid during the call only, and the value.
    public func forEachMember(_ body: (_ key: UnsafeRawBufferPointer, _ value: JSONNode) throws -> Void) rethrows {
        guard kind == .object else { return }
        var name = index + 1
        let end = inside.upperBound
        while name < end {
            let value = JSONNode(storage: storage, index: name + 1)
            try storage.withString(at: name) { try body($0, value) }
            name += 1 + Int(value.entry.extent)
        }
    }

    // Recursion is safe here: the parser bounds depth at JSONDocument.greatestDepth.
    private func walkLeaves(
        path: inout [UInt8], isInObject: Bool, _ body: ([UInt8], JSONNode) throws -> Void
    ) rethrows {
        let length = path.count
        switch kind {
        case .object:
            var name = index + 1
            let end = inside.upperBound
            while name < end {
                if isInObject { path.append(UInt8(ascii: ".")) }
                storage.withString(at: name) { path.append(contentsOf: $0) }
                let value = JSONNode(storage: storage, index: name + 1)
                try value.walkLeaves(path: &path, isInObject: true, body)
                path.removeLast(path.count - length)
                name += 1 + Int(value.entry.extent)
            }
        case .array:
            for (number, element) in elements.enumerated() {
                path.append(contentsOf: "[\(number)]".utf8)
                try element.walkLeaves(path: &path, isInObject: true, body)
                path.removeLast(path.count - length)
            }
        default:
            try body(path, self)
        }
    }
}
