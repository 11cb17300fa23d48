package import Foundation
package import Schedules

/// A job: how the columns of its files become API fields, and how its batches run.
///
/// `limits`, `retry`, `halt` and `confirm_above` of a job file go over those of the settings, key by key.
package struct JobDefinition: Sendable {
    /// The job's name: that of its file without the ending.
    package let name: String
    /// Its file, absolute; nil for the job of files that are run without one.
    package let file: String?
    /// What the job is for, in its author's words.
    package let description: String?
    /// Whether the daemon runs it.
    package let isEnabled: Bool
    /// When it is due; nil: not by the clock.
    package let schedule: CronExpression?
    /// The zone whose wall clock schedule and window mean.
    package let timeZone: TimeZone
    /// Whether a run that was missed while the daemon was down is made at start.
    package let catchUp: Bool
    /// When calls may be made; nil: at any time.
    package let window: CallWindow?
    /// The job's weight beside others that run at the same time, from 1 to 100.
    package let priority: Int
    /// Where its files come from.
    package let source: Source
    /// The format of its files; nil: found from the file's name and content.
    package let format: Format?
    /// The mapping in the file's order; empty: the known column names are read.
    package let fields: [Field]
    /// Columns that are in the file and not wanted.
    package let ignoredColumns: [String]
    /// The column that holds a record's own id; nil: `id`, or what Ingest takes in its place.
    package let recordIDColumn: String?
    /// Whether white space and invisible characters are removed from both ends of every value.
    package let trims: Bool
    /// Whether what a spreadsheet has altered is refused.
    package let checksSpreadsheets: Bool
    /// Texts that are no account, and no email or phone number; nil: the usual ones.
    package let placeholders: [String]?
    /// Texts that count as an empty cell in every field.
    package let absentTexts: [String]
    /// Whether values that look like payment card numbers are sent without a question.
    package let allowsCardNumbers: Bool
    /// What becomes of an input file once its batch is done.
    package let after: After
    /// The group that may put files into the inbox and take results out; nil: everything stays private.
    package let exchangeGroup: String?
    /// The folder of its results, absolute; nil: `out/` of the drop folder, else that of the settings.
    package let output: String?
    /// The form of its `results.csv`.
    package let outputForm: Settings.OutputForm
    /// The command it notifies; nil: none.
    package let notify: Settings.Notification?
    /// What it sends again of earlier batches; nil: it is not such a job.
    package let rerun: Rerun?
    /// How fast and how many calls may be made.
    package var limits: Settings.Limits
    /// When a record is sent again.
    package var retry: Settings.Retry
    /// When a batch stops by itself.
    package var halt: Settings.Halt
    /// The limits above which a batch waits for confirmation.
    package var confirmAbove: Settings.ConfirmAbove
    /// Whether each batch waits for confirmation before its first call.
    package var needsConfirmation: Bool
    /// The share of invalid lines above which a batch waits for confirmation; nil: none was given, and
    /// `Settings.defaultMaxInvalid` holds where more than one line is invalid.
    package var maxInvalid: Share?
    /// How old an answer to an identical record may be to be used again; nil: each batch makes its own calls.
    package var reuseWithin: Duration?
    /// The shares of lines that may fail while the batch still counts as a success.
    package var accept: Accept
    /// How long what is no longer needed of its batches is kept.
    package var retention: Settings.Retention

    /// The formats of input files.
    package enum Format: String, Sendable, CaseIterable {
        /// RFC 4180, with `,` `;` or tab.
        case csv
        /// One JSON object per line.
        case jsonl
    }

    /// The name of the job of files that are run without one.
    package static let unnamed = "default"
}

extension JobDefinition {
    /// Refuses keys that are valid by themselves but meaningless or ambiguous together.
    func checkRules(_ reader: ValueReader, pricing: Settings.Pricing?) throws(SettingsError) {
        for rule in rules where rule.isBroken {
            guard let key = rule.keys.first(where: reader.has) else { continue }
            throw reader.error(at: key, "\(key) \(rule.remedy)")
        }
        try reader.requirePrices(pricing)
    }

    private struct Rule {
        /// The error stands at the first of these that is given; none given: the rule does not apply.
        let keys: [String]
        let isBroken: Bool
        /// Continues the sentence after the key.
        let remedy: String
    }

    private var rules: [Rule] {
        [
            Rule(
                keys: [Self.pathKey.path, Self.globKey.path], isBroken: rerun != nil,
                remedy: "cannot stand beside rerun, which takes no files: make two jobs of them"),
            Rule(
                keys: [Self.scheduleKey.path], isBroken: !source.isGiven && rerun == nil,
                remedy: "has nothing to start: give source.glob, source.path or rerun"),
            Rule(
                keys: [Self.globKey.path], isBroken: schedule == nil,
                remedy: "needs schedule, or nothing would ever start it"),
            Rule(
                keys: [Self.youngerThanKey.path], isBroken: schedule == nil,
                remedy: "needs schedule, or nothing would ever start it"),
            Rule(
                keys: [Self.catchUpKey.path], isBroken: schedule == nil,
                remedy: "needs schedule: without one no run is ever missed"),
            Rule(
                keys: [Self.exchangeGroupKey.path], isBroken: source.path == nil,
                remedy: "needs source.path: it is about the drop folder's inbox and out folders"),
            Rule(
                keys: [Self.doneMarkerKey.path, Self.settleKey.path, Self.orderKey.path, Self.afterKey.path],
                isBroken: !source.isGiven, remedy: "needs source.path or source.glob, whose files it is about"),
            Rule(
                keys: [Self.afterKey.path], isBroken: source.path != nil && after == .keep,
                remedy: "must be archive or delete for a drop folder, which would never be empty"),
            Rule(
                keys: [Self.reuseKey.path], isBroken: reuses(beyond: retention),
                remedy: "must not be longer than retention.results, \(retention[.results]?.settingText ?? ""), after "
                    + "which answers are erased"),
        ]
    }
}

extension ValueReader {
    /// A limit on cost that cannot be enforced would be worse than none.
    func requirePrices(_ pricing: Settings.Pricing?) throws(SettingsError) {
        guard pricing == nil else { return }
        for key in [SettingKeys.monthlyCost.path, SettingKeys.confirmCost.path] where has(key) {
            throw error(at: key, "\(key) needs pricing in rollcall.yaml: without prices no call has a cost")
        }
    }
}

extension JobDefinition {
    /// The job of a file that is run without one: known column names, the settings as they are.
    package init(unnamedWith settings: Settings) {
        name = Self.unnamed
        file = nil
        description = nil
        isEnabled = true
        schedule = nil
        timeZone = settings.limits.timeZone
        catchUp = false
        window = nil
        priority = 1
        source = .byHand
        format = nil
        fields = []
        ignoredColumns = []
        recordIDColumn = nil
        trims = true
        checksSpreadsheets = true
        placeholders = nil
        absentTexts = []
        allowsCardNumbers = false
        after = .keep
        exchangeGroup = nil
        output = nil
        outputForm = settings.outputForm
        notify = settings.notify
        rerun = nil
        limits = settings.limits
        retry = settings.retry
        halt = settings.halt
        confirmAbove = settings.confirmAbove
        needsConfirmation = false
        maxInvalid = settings.maxInvalid
        reuseWithin = nil
        accept = .nothing
        retention = settings.retention
    }
}
