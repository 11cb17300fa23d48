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
