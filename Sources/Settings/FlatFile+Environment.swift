extension FlatFile {
    /// Variables that hold no setting: where the settings are, and what the `keys` and `jwe` commands read.
    private static let foreign: Set = ["ROLLCALL_CONFIG", "ROLLCALL_KEY_PASSWORD"]

    /// Puts the variables that start with `ROLLCALL_` over the file's values.
    ///
    /// Variables that an orchestrator sets by itself are passed over (``ServiceLink``). A variable also displaces the other way of saying the same: `ROLLCALL_API_BASE_URL` stands against
    /// `api.region` and `api.environment` in the file.
    mutating func override(
        with environment: [String: String], schema: Schema, alternatives: [Alternative]
    ) throws(SettingsError) {
        let keys = schema.keys.compactMap { key in key.environmentVariable.map { ($0, key.path) } }
        let paths = Dictionary(keys, uniquingKeysWith: { first, _ in first })
        let variables = environment.keys.filter { $0.hasPrefix("ROLLCALL_") && !Self.foreign.contains($0) }
        for variable in variables.sorted() {
            guard let path = paths[variable], let text = environment[variable] else {
                if ServiceLink.isOne(variable, in: environment) { continue }
                if let refusal = schema.refusal(ofVariable: variable) {
                    throw SettingsError(file: "environment", key: variable, "\(variable): \(refusal)")
                }
                throw unknownVariable(variable, known: paths.keys)
            }
            for rival in alternatives.flatMap({ $0.rivals(of: path) }) where isFromFile(rival) { remove(rival) }
            set(Scalar(text: text, place: .environment(variable)), at: path)
        }
    }

    /// Refuses two ways of saying the same at once.
    func refuseBoth(_ alternatives: [Alternative]) throws(SettingsError) {
        for alternative in alternatives {
            guard alternative.one.contains(where: { scalars[$0] != nil }),
                let second = alternative.other.first(where: { scalars[$0] != nil }), let place = scalars[second]?.place
            else { continue }
            let one = alternative.one.joined(separator: " with ")
            let other = alternative.other.joined(separator: " with ")
            throw SettingsError(
                file: place.file, line: place.line, key: second, "give either \(one) or \(other), not both")
        }
    }

    private func isFromFile(_ path: String) -> Bool { scalars[path]?.place.variable == nil }

    private func unknownVariable(_ variable: String, known: some Sequence<String>) -> SettingsError {
        let nearest = nearestWord(to: variable, among: known)
        return SettingsError(
            file: "environment", key: variable,
            "the variable \(variable) is unknown: the nearest is \(nearest ?? "none")", nearest: nearest)
    }
}
