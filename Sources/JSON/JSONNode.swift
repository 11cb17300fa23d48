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

    /// How many members or elements the value has; 0 for leaves. Takes time in proportion to them.
    public var count: Int {
        switch kind {
        case .object: members.reduce(0) { count, _ in count + 1 }
        case .array: elements.reduce(0) { count, _ in count + 1 }
        default: 0
        }
    }

    /// The members of an object in the document's order; none where the value is no object.
    public var members: JSONMembers {
        JSONMembers(storage: storage, names: kind == .object ? inside : 0..<0)
    }

    /// The elements of an array in order; none where the value is no array.
    public var elements: JSONElements {
        JSONElements(storage: storage, indices: kind == .array ? inside : 0..<0)
    }

    /// The member of an object under this name, nil where there is none or the value is no object.
    public subscript(key: String) -> JSONNode? {
        var key = key
        return key.withUTF8 { member(utf8: UnsafeRawBufferPointer($0)) }
    }

    /// The element of an array at this place, nil beyond its bounds or where the value is no array. Takes time in
    /// proportion to the place.
    public subscript(place: Int) -> JSONNode? {
        guard place >= 0 else { return nil }
        return elements.dropFirst(place).first { _ in true }
    }

    /// The member of an object under this name given as UTF-8, nil where there is none or the value is no object.
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

    /// The tape entries of what the container holds.
    var inside: Range<Int> { index + 1..<index + Int(entry.extent) }
}
