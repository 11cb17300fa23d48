/// Where a value came from: a line of the file, or an environment variable.
struct Place: Sendable, Equatable {
    let file: String
    let line: Int?
    /// The environment variable, where the value came from one.
    var variable: String?

    static func environment(_ variable: String) -> Place {
        Place(file: "environment", line: nil, variable: variable)
    }
}
