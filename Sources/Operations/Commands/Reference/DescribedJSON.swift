import RecordStore
import Results

/// A value whose JSON is documented: its members say what they are, and the compiler asks for one that is new.
package protocol DescribedJSON {
    /// The members' names.
    associatedtype Member: CodingKey & CaseIterable
    /// What a member holds, in a few words.
    static func about(_ member: Member) -> String
}

/// The JSON that commands print, files hold and notifications hand over, as docs/results.md lists it.
package enum JSONReference {
    /// One kind of object.
    package struct Shape: Sendable {
        /// Where it stands, as a heading.
        package let title: String
        /// Names and what they hold.
        package let members: [(name: String, about: String)]

        /// Describes a value's members.
        package init<Value: DescribedJSON>(_ title: String, _: Value.Type) {
            self.title = title
            members = Value.Member.allCases.map { ($0.stringValue, Value.about($0)) }
        }
    }

    /// The objects of `summary.json`.
    static let summary = [
        Shape("The whole", BatchSummary.self), Shape("`batch`", BatchSummary.Identity.self),
        Shape("`records`", BatchSummary.Records.self), Shape("`calls`", BatchSummary.Calls.self),
        Shape("`cost`, here and wherever there is one", Cost.self), Shape("`times`", BatchSummary.Times.self),
        Shape("`latency`, in milliseconds", BatchSummary.Latency.self),
        Shape("One of `scores`", BatchSummary.ScoreCounts.self), Shape("`timeline`", SettlementTimeline.self),
        Shape("`provenance`", BatchSummary.Origin.self), Shape("`audit`", AuditHead.self),
        Shape("One of `files`", BatchSummary.File.self),
    ]

    /// What commands print and notifications hand over, in the order of the page.
    static let commands = [
        Shape("`status`", StatusReport.self), Shape("`status`: `runner`", RunnerReport.self),
        Shape(
            "`status`: one of `batches`; also `start`, `pause`, `resume` and `cancel`, and each in the list of `submit`",
            BatchStatus.self),
        Shape("`check`: a line for each file", CheckFinding.self), Shape("`records`: a line for each", RecordLine.self),
        Shape("`records --id`: a line for each", PersonRecord.self),
        Shape("`ledger BATCH`: a line for each attempt", AttemptLine.self),
        Shape("`ledger BATCH`: the last line", BatchLedgerEnd.self), Shape("`ledger --from --to`", PeriodLedger.self),
        Shape("`totals` in both", LedgerSum.self), Shape("`jobs list`: a list of these", JobListing.self),
        Shape("`nodes`: a line for each", NodeLine.self),
        Shape("`doctor` and `jobs check`: a list of these", Finding.self), Shape("`purge`", PurgeReport.self),
        Shape("`forget`", SignedReceipt.self), Shape("`forget`: `receipt`", ForgetReceipt.self),
        Shape("`receipt`: `out_of_reach`", ForgetReceipt.OutOfReach.self),
        Shape("`forget`: `signature`", AuditSignature.self),
        Shape("`audit`: a line for each entry", AuditLine.self), Shape("`audit --verify`", AuditVerdict.self),
        Shape("`keys rotate`", KeyRotationReport.self), Shape("`keys periods`", PeriodKeysReport.self),
        Shape("`keys periods`: one of `keys`", PeriodKeyLine.self),
        Shape("`admin token`", AdminTokenOperation.Made.self),
        Shape("`notify test`: a list of these", NotifyTestResult.self),
        Shape("`settings`: a line for each key", SettingLine.self),
        Shape("Notifications: one object on standard input", BatchNotice.self),
    ]

    /// Shapes in Markdown: a line for each member.
    package static func markdown(_ shapes: [Shape]) -> String {
        shapes.map { shape in
            let rows = shape.members.map { "| `\($0.name)` | \($0.about) |\n" }.joined()
            return "**\(shape.title)**\n\n| member | what it holds |\n|---|---|\n\(rows)"
        }.joined(separator: "\n")
    }
}
