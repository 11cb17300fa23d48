/// A value whose JSON is documented: its members say what they are, and the compiler asks for one that is new.
protocol DescribedJSON: Encodable {
    /// The members' names.
    associatedtype Member: CodingKey & CaseIterable
    /// What a member holds, in a few words.
    static func about(_ member: Member) -> String
}

/// The JSON that commands print and notifications hand over, as docs/results.md lists it.
enum JSONReference {
    /// One kind of object.
    struct Shape {
        /// What prints it, as a heading.
        let title: String
        /// Names and what they hold.
        let members: [(name: String, about: String)]

        init<Value: DescribedJSON>(_ title: String, _: Value.Type) {
            self.title = title
            members = Value.Member.allCases.map { ($0.stringValue, Value.about($0)) }
        }
    }

    /// All shapes, in the order of the page.
    static let shapes = [
        Shape("`status`", StatusReport.self), Shape("`status`: `runner`", RunnerReport.self),
        Shape("`status`: one of `batches`; also `start`, `pause`, `resume` and `cancel`", BatchStatus.self),
        Shape("`check`: a line for each file", CheckFinding.self), Shape("`records`: a line for each", RecordLine.self),
        Shape("`ledger BATCH`: a line for each attempt", AttemptLine.self),
        Shape("`ledger BATCH`: the last line", BatchLedgerEnd.self), Shape("`ledger --from --to`", PeriodLedger.self),
        Shape("`totals` in both", LedgerSum.self), Shape("`jobs list`: a line for each", JobListing.self),
        Shape("`doctor`: a line for each check", Finding.self), Shape("`purge`", PurgeReport.self),
        Shape("`audit`: a line for each entry", AuditLine.self),
        Shape("`settings`: a line for each key", SettingLine.self),
        Shape("Notifications: one object on standard input", BatchNotice.self),
    ]

    /// The shapes in Markdown: a line for each member.
    static var markdown: String {
        shapes.map { shape in
            let rows = shape.members.map { "| `\($0.name)` | \($0.about) |\n" }.joined()
            return "**\(shape.title)**\n\n| member | what it holds |\n|---|---|\n\(rows)"
        }.joined(separator: "\n")
    }
}
