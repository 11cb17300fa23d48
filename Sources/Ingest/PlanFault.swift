/// Why columns and mapping do not make a request.
struct PlanFault: Error, Sendable, Equatable {
    /// The column at fault from 0; nil where none is.
    let column: Int?
    /// What is wrong and what to do.
    let rule: String

    init(column: Int? = nil, _ rule: String) {
        self.column = column
        self.rule = rule
    }
}
