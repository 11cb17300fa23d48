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

    /// The canonical form of the value by itself.
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
