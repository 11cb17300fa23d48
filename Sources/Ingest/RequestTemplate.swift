/// The shape of the requests of a file: the objects, and the fields in canonical order.
struct RequestTemplate: Sendable {
    let groups: [RequestGroup]
    let steps: [RequestStep]
    /// The fields' names with quotes and colons, one behind the other.
    let keys: [UInt8]

    /// - Parameters:
    ///   - plan: the fields to write, in canonical order.
    ///   - inspector: what looks at values before they are written.
    init(_ plan: FieldPlan, _ inspector: ValueInspector) {
        var builder = GroupBuilder()
        var numbers: [FieldPath: Int] = [:]
        var keys: [UInt8] = []
        steps = plan.writes.map { write in
            let number = numbers[write.path, default: numbers.count]
            numbers[write.path] = number
            let start = keys.count
            keys += JSONString.quoted(write.path.segments.last ?? []) + [Byte.colon]
            let group = builder.group(Array(write.path.segments.dropLast()))
            return RequestStep(write, inspector, group: group, key: start..<keys.count, pathNumber: number)
        }
        groups = builder.groups
        self.keys = keys
    }

    /// Numbers the objects in the order they are opened, so that those inside one follow it without a gap.
    private struct GroupBuilder {
        private(set) var groups = [RequestGroup(parent: 0, last: 0, opening: [])]
        private var numbers: [[[UInt8]]: Int] = [[]: 0]

        mutating func group(_ segments: [[UInt8]]) -> Int {
            if let number = numbers[segments] { return number }
            let parent = group(Array(segments.dropLast()))
            let number = groups.count
            let opening = JSONString.quoted(segments.last ?? []) + [Byte.colon, Byte.openBrace]
            groups.append(RequestGroup(parent: parent, last: number, opening: opening))
            numbers[segments] = number
            var outer = parent
            while groups[outer].last < number {
                groups[outer].last = number
                outer = groups[outer].parent
            }
            return number
        }
    }
}
