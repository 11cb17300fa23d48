extension ValueReader {
    /// One or several of a type's words, each at most once in effect.
    func choices<Choice: CaseIterable & RawRepresentable<String> & Sendable>(
        _ entry: Entry, at path: String
    ) throws(SettingsError) -> [Choice] {
        let format = ValueFormat<Choice>.choice
        let error = wrong(path, entry.line, "\(format.expectation), or a list of these")
        var choices: [Choice] = []
        for word in try words(entry, or: error) {
            guard let choice = format.read(word, "/") else { throw error }
            choices.append(choice)
        }
        guard !choices.isEmpty else { throw error }
        return choices
    }
}
