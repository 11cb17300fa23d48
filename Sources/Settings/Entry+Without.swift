extension Entry {
    /// This mapping without the member an error is about: that of a dotted key, else that in which a line stands.
    /// Nil where there is none.
    func without(_ key: String?, line: Int?) -> Entry? {
        if let key, let smaller = removing(key) { return smaller }
        return line.flatMap { removingMember(at: $0, depth: 2) }
    }

    /// At most so deep, for half a field would be wrong in another way.
    private func removingMember(at line: Int, depth: Int) -> Entry? {
        guard depth > 0, case .mapping(var members) = content,
            let index = members.lastIndex(where: { $0.line.map { $0 <= line } ?? false })
        else { return nil }
        let member = members[index]
        if let smaller = member.value.removingMember(at: line, depth: depth - 1) {
            members[index] = Member(key: member.key, line: member.line, value: smaller)
        } else {
            members.remove(at: index)
        }
        return Entry(line: self.line, content: .mapping(members))
    }

    /// Keys of the user's own, such as `user.email`, hold dots themselves.
    private func removing(_ path: String) -> Entry? {
        guard case .mapping(var members) = content else { return nil }
        for (index, member) in members.enumerated() where path == member.key || path.hasPrefix(member.key + ".") {
            if path == member.key {
                members.remove(at: index)
            } else if let smaller = member.value.removing(String(path.dropFirst(member.key.count + 1))) {
                members[index] = Member(key: member.key, line: member.line, value: smaller)
            } else {
                continue
            }
            return Entry(line: line, content: .mapping(members))
        }
        return nil
    }
}
