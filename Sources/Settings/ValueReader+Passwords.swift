extension ValueReader {
    /// A password as it is given, or from its private file without the line end.
    mutating func password(_ key: SettingKey<Secret>) throws(SettingsError) -> Secret? {
        if let password = try optional(key) { return password }
        let fileKey = SettingKeys.file(of: key)
        guard let path = try optional(fileKey) else { return nil }
        let input = try readPrivate(path, key: fileKey.path)
        let text = input.text.last?.isNewline == true ? String(input.text.dropLast()) : input.text
        guard !text.isEmpty, !text.contains(where: \.isNewline) else {
            throw error(at: fileKey.path, "\(fileKey.path) must name a file of one line that is not empty")
        }
        return Secret(text)
    }

    private func readPrivate(_ path: String, key: String) throws(SettingsError) -> InputText {
        let input: InputText
        do {
            input = try InputText(path: path)
        } catch {
            throw self.error(at: key, "\(key) names a file that does not help: \(error.message)")
        }
        guard !input.isOpenToOthers else {
            throw error(at: key, "\(key) names a file that others can read: chmod 600 it")
        }
        return input
    }

    /// One line per effective value, sorted by key.
    var description: String {
        canonical.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)\n" }.joined()
    }
}
