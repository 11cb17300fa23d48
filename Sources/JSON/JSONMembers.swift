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

        /// The next member's unescaped name and value, nil behind the last.
        public mutating func next() -> (key: String, value: JSONNode)? {
            guard !rest.isEmpty else { return nil }
            let name = rest.lowerBound
            let value = JSONNode(storage: storage, index: name + 1)
            rest = name + 1 + Int(value.entry.extent)..<rest.upperBound
            return (storage.withString(at: name) { String(decoding: $0, as: UTF8.self) }, value)
        }
    }
}
