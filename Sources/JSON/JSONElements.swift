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

        /// The next element, nil behind the last.
        public mutating func next() -> JSONNode? {
            guard !rest.isEmpty else { return nil }
            let element = JSONNode(storage: storage, index: rest.lowerBound)
            rest = element.index + Int(element.entry.extent)..<rest.upperBound
            return element
        }
    }
}
