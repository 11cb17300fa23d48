import Foundation
import Settings
import Testing

@Suite struct JobDefinitionTests {
    let folder: SettingsFolder
    let settings: Settings

    init() throws {
        folder = try SettingsFolder()
        settings = try folder.settings(
            minimal + "limits: { rate: 7, daily_calls: 100 }\nretry: { base_delay: 1s }\nhalt: { outage: 1m }\n")
    }

    private func job(_ text: String) throws -> JobDefinition {
        try JobDefinition.load(path: try folder.write(text, to: "jobs/nightly.yaml"), over: settings)
    }

    @Test func anEmptyJobIsTheSettings() throws {
        let job = try job("")
        #expect(job.name == "nightly")
        #expect((job.limits, job.retry) == (settings.limits, settings.retry))
        #expect((job.halt, job.confirmAbove) == (settings.halt, settings.confirmAbove))
        #expect(job.fields.isEmpty && job.ignoredColumns.isEmpty && job.recordIDColumn == nil && job.format == nil)
    }

    @Test func aJobGoesOverTheSettingsKeyByKey() throws {
        let job = try job("limits: { rate: 1, batch_calls: 0 }\nretry: { attempts: 1 }\nconfirm_above: { calls: 3 }\n")
        #expect((job.limits.rate, job.limits.dailyCalls, job.limits.batchCalls) == (1, 100, 0))
        #expect((job.retry.attempts, job.retry.baseDelay) == (1, .seconds(1)))
        #expect((job.halt.outage, job.confirmAbove.calls) == (.seconds(60), 3))
    }

    @Test func aFileWithoutAJobRunsUnderTheSettings() {
        let job = JobDefinition(unnamedWith: settings)
        #expect((job.name, job.limits.rate, job.halt.outage) == ("default", 7, .seconds(60)))
    }

    @Test func fieldsKeepTheirOrderAndLines() throws {
        let job = try job(
            """
            fields:
              user.email: E-Mail
              user.name: { columns: [First, Last] }
              user.phone.number: { columns: [Area, Number], join: "", transform: digits }
              placement: { value: "007" }
              user.account.hashedAccountId: { column: Customer, transform: [trim, lowercase, sha256] }
            ignore_columns: Notes
            record_id: Customer
            source: { format: jsonl }
            description: every night
            name: nightly
            """)
        #expect(
            job.fields.map(\.path) == [
                "user.email", "user.name", "user.phone.number", "placement", "user.account.hashedAccountId",
            ])
        #expect(
            job.fields.map(\.source) == [
                .column("E-Mail"), .columns(["First", "Last"], join: " "), .columns(["Area", "Number"], join: ""),
                .value("007"), .column("Customer"),
            ])
        #expect(job.fields.map(\.transforms) == [[], [], [.digits], [], [.trim, .lowercase, .sha256]])
        #expect(job.fields.map(\.line) == [2, 3, 4, 5, 6])
        #expect((job.ignoredColumns, job.recordIDColumn, job.format) == (["Notes"], "Customer", .jsonl))
        #expect(job.description == "every night")
    }

    @Test func whatIsDoneToValuesIsAsUsualUnlessTheJobSaysOtherwise() throws {
        let usual = try job("")
        #expect((usual.trims, usual.checksSpreadsheets, usual.placeholders, usual.absentTexts) == (true, true, nil, []))
        let own = try job(
            """
            trim: false
            spreadsheet_checks: false
            placeholders: { invalid: [NULL, null, '#N/A', '\\N', '-'], absent: unknown }
            """)
        #expect((own.trims, own.checksSpreadsheets) == (false, false))
        #expect(own.placeholders == ["NULL", "null", "#N/A", "\\N", "-"] && own.absentTexts == ["unknown"])
        #expect(try job("placeholders: { invalid: [] }").placeholders == [])
    }

    @Test(arguments: [
        ("trim: no", "line 1: trim must be true or false"),
        ("placeholders: { invalid: [[A]] }", "line 1: placeholders.invalid must be a text or a list of them"),
        ("placeholders: { absent: }", "line 1: placeholders.absent must be a text or a list of them"),
        ("placeholders: [A]", "line 1: placeholders must hold keys of its own, indented below it: invalid, absent"),
        ("fields: { user.email: { colum: A } }", "line 1: the key 'colum' is unknown: the nearest is 'column'"),
        (
            "fields: { user.email: { column: A, value: B } }",
            "line 1: fields.user.email must be given by exactly one of column, columns and value"
        ),
        (
            "fields: { user.email: { transform: trim } }",
            "line 1: fields.user.email must be given by exactly one of column, columns and value"
        ),
        (
            "fields: { user.email: { column: A, join: B } }",
            "line 1: fields.user.email must be given with columns where it has join"
        ),
        (
            "fields: { user.email: }",
            "line 1: fields.user.email must be a column's name, or column, columns and join, or value"
        ),
        (
            "fields: { user.email: [A] }",
            "line 1: fields.user.email must be a column's name, or column, columns and join, or value"
        ),
        (
            "fields:\n  user.email: { column: A, transform: [trim, reverse] }",
            "line 2: fields.user.email.transform must be trim, lowercase, uppercase, digits, sha256 or hmac-sha256, or a list of these"
        ),
        (
            "fields: [user.email]",
            "line 1: fields must be API paths with a column's name, or with column, columns and join, or value, and transform"
        ),
        (
            "fields: { email: A }",
            "line 1: fields.email must be an API path: user.…, device.…, endCustomerRefId or placement (such as user.email)"
        ),
        (
            "fields: { user..email: A }",
            "line 1: fields.user..email must be an API path: user.…, device.…, endCustomerRefId or placement (such as user.email)"
        ),
        (
            "fields: { user.email: A, user.email: B }",
            "line 1: the key 'user.email' is given twice, keep one: this is the first of them"
        ),
        ("ignore_columns: [[A]]", "line 1: ignore_columns must be a column's name or a list of them"),
        ("source: { format: xlsx }", "line 1: source.format must be csv or jsonl"),
        ("name: daily", "line 1: name must be the file's own, 'nightly', or be left out"),
        ("shedule: '@daily'", "line 1: the key 'shedule' is unknown: the nearest is 'schedule'"),
        ("limits: { rate: 0 }", "line 1: limits.rate must be a number of calls per second above 0, at most 100000"),
        ("retry: { max_delay: 10ms }", "line 1: retry.max_delay must not be shorter than retry.base_delay"),
        ("database: x", "line 1: database belongs in rollcall.yaml: it is the same for all jobs"),
        (
            "limits:\n  rate: 1\n  time_zone: Asia/Tokyo",
            "line 3: limits.time_zone belongs in rollcall.yaml: it is the same for all jobs"
        ),
    ])
    func aWrongJobIsNamedWithItsLine(text: String, complaint: String) throws {
        #expect(try folder.complaint { _ = try job(text) } == "jobs/nightly.yaml, " + complaint)
    }

    @Test func aJobIsFoundByItsName() throws {
        try folder.write("limits: { rate: 3 }", to: "jobs/nightly.yaml")
        #expect(try JobDefinition.load(named: "nightly", over: settings).limits.rate == 3)
        let unknown = try folder.complaint { _ = try JobDefinition.load(named: "nigthly", over: settings) }
        #expect(unknown == "jobs: there is no job 'nigthly' here: the nearest is 'nightly'")
    }

    @Test func withoutJobFilesTheFolderSaysSo() throws {
        let none = try folder.complaint { _ = try JobDefinition.load(named: "../rollcall", over: settings) }
        #expect(none == "jobs: there is no job '../rollcall' here: the folder holds no job files")
    }

    @Test func theExampleThatIsShippedIsRight() throws {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("../../jobs")
        let job = try JobDefinition.load(path: root.appendingPathComponent("example.yaml").path, over: settings)
        #expect(job.name == "example")
        #expect(job.fields.count == 8)
        #expect(job.fields.first?.transforms == [.trim, .sha256])
        #expect((job.limits.rate, job.limits.batchCalls, job.halt.outage) == (10, 20000, .seconds(1800)))
    }
}
