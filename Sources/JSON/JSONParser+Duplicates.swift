extension JSONParser {
    /// Above this many members names go into a set; below, comparing each with each is quicker than hashing.
    private static var fewMembers: Int { 24 }

    /// Refuses an object that has the same member twice, compared unescaped (RFC 8259 §4 leaves the choice to us:
    /// two readers of the same bytes must not see two different records).
    func refuseDuplicateNames(in object: Int) throws(JSONError) {
        let end = object + Int(tape[object].extent)
        var count = 0
        var name = object + 1
        while name < end {
            count += 1
            guard count <= Self.fewMembers else { return try refuseDuplicatesAmongMany(in: object) }
            var earlier = object + 1
            while earlier < name {
                if sameString(earlier, name) { throw duplicate(name) }
                earlier = nextName(after: earlier)
            }
            name = nextName(after: name)
        }
    }

    private func refuseDuplicatesAmongMany(in object: Int) throws(JSONError) {
        let end = object + Int(tape[object].extent)
        var seen: Set<[UInt8]> = []
        var name = object + 1
        while name < end {
            guard seen.insert(unescaped(name)).inserted else { throw duplicate(name) }
            name = nextName(after: name)
        }
    }

    private func nextName(after name: Int) -> Int {
        name + 1 + Int(tape[name + 1].extent)
    }

    private func sameString(_ one: Int, _ other: Int) -> Bool {
        if tape[one].isEscaped || tape[other].isEscaped {
            return unescaped(one) == unescaped(other)
        }
        let (left, right) = (tape[one].content, tape[other].content)
        guard left.count == right.count else { return false }
        for offset in 0..<left.count where bytes[left.lowerBound + offset] != bytes[right.lowerBound + offset] {
            return false
        }
        return true
    }

    private func unescaped(_ index: Int) -> [UInt8] {
        let content = Array(bytes[tape[index].content])
        return tape[index].isEscaped ? StringEscapes.unescaped(content[...]) : content
    }

    private func duplicate(_ name: Int) -> JSONError {
        error("an object must not have the same member twice", at: Int(tape[name].start))
    }
}
