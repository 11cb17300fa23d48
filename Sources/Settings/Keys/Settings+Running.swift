package import Foundation

extension Settings {
    /// How fast and how many calls may be made.
    package struct Limits: Sendable, Equatable {
        /// Calls per second.
        package var rate: Double
        /// Calls that may go out at once after a pause.
        package var burst: Int
        /// Calls that may be under way at once.
        package var concurrency: Int
        /// The most calls of one day; nil: no cap, 0: no calls.
        package var dailyCalls: Int?
        /// The most calls of one batch; nil: no cap, 0: no calls.
        package var batchCalls: Int?
        /// The most that calls of one calendar month may cost, in the currency of the prices; nil: no cap.
        package var monthlyCost: Decimal?
        /// Where a day and a month begin.
        package var timeZone: TimeZone
    }

    /// When a record is sent again.
    package struct Retry: Sendable, Equatable {
        /// Attempts at one record.
        package var attempts: Int
        /// The first wait, doubled each time.
        package var baseDelay: Duration
        /// The longest wait.
        package var maxDelay: Duration
        /// What becomes of a record that may have been sent.
        package var inDoubt: InDoubt
        /// How many in-doubt records of a batch may be sent again under `retry`; nil: all.
        package var inDoubtBudget: Int?

        /// What becomes of a record that may have been sent.
        package enum InDoubt: String, Sendable, CaseIterable {
            /// It is held for an operator's decision.
            case hold
            /// It is sent again, and may be billed twice.
            case retry
        }
    }

    /// When a batch stops by itself.
    package struct Halt: Sendable, Equatable {
        /// Single probes after a refusal before the batch halts.
        package var probes: Int
        /// The wait between such probes.
        package var probeInterval: Duration
        /// Undecipherable answers in a row that halt.
        package var undecipherable: Int
        /// How long the API may be unreachable; nil: `outageOfRun` or `outageOfDaemon`.
        package var outage: Duration?
        /// More than this share of the last answers failing for good halts.
        package var failedShare: Share
        /// How many of the last answers `failedShare` looks at.
        package var failedOf: Int

        /// What `run` waits through if the settings give nothing: 5 minutes.
        package static let outageOfRun = Duration.seconds(5 * 60)
        /// What the daemon waits through if the settings give nothing: 6 hours.
        package static let outageOfDaemon = Duration.seconds(6 * 3600)
    }

    /// The limits above which a batch waits for confirmation.
    package struct ConfirmAbove: Sendable, Equatable {
        /// Billable calls.
        package var calls: Int
        /// What they cost, in the currency of the prices; nil: no bound.
        package var cost: Decimal?
    }
}

extension Settings.Limits {
    /// Reads the section; what it leaves out comes from `inherited`, else from the defaults.
    init(from reader: inout ValueReader, over inherited: Self? = nil) throws(SettingsError) {
        rate = try reader.value(SettingKeys.rate, over: inherited?.rate)
        burst = try reader.value(SettingKeys.burst, over: inherited?.burst)
        concurrency = try reader.value(SettingKeys.concurrency, over: inherited?.concurrency)
        dailyCalls = try reader.optional(SettingKeys.dailyCalls, over: inherited?.dailyCalls)
        batchCalls = try reader.optional(SettingKeys.batchCalls, over: inherited?.batchCalls)
        monthlyCost = try reader.optional(SettingKeys.monthlyCost, over: inherited?.monthlyCost)
        timeZone = try reader.value(SettingKeys.timeZone, over: inherited?.timeZone)
    }
}

extension Settings.Retry {
    /// Reads the section; what it leaves out comes from `inherited`, else from the defaults.
    init(from reader: inout ValueReader, over inherited: Self? = nil) throws(SettingsError) {
        attempts = try reader.value(SettingKeys.attempts, over: inherited?.attempts)
        baseDelay = try reader.value(SettingKeys.baseDelay, over: inherited?.baseDelay)
        maxDelay = try reader.value(SettingKeys.maxDelay, over: inherited?.maxDelay)
        inDoubt = try reader.value(SettingKeys.inDoubt, over: inherited?.inDoubt)
        inDoubtBudget = try reader.optional(SettingKeys.inDoubtBudget, over: inherited?.inDoubtBudget)
        guard maxDelay >= baseDelay else {
            let path = reader.has(SettingKeys.maxDelay.path) ? SettingKeys.maxDelay.path : SettingKeys.baseDelay.path
            throw reader.error(at: path, "retry.max_delay must not be shorter than retry.base_delay")
        }
    }
}

extension Settings.Halt {
    /// Reads the section; what it leaves out comes from `inherited`, else from the defaults.
    init(from reader: inout ValueReader, over inherited: Self? = nil) throws(SettingsError) {
        probes = try reader.value(SettingKeys.probes, over: inherited?.probes)
        probeInterval = try reader.value(SettingKeys.probeInterval, over: inherited?.probeInterval)
        undecipherable = try reader.value(SettingKeys.undecipherable, over: inherited?.undecipherable)
        outage = try reader.optional(SettingKeys.outage, over: inherited?.outage)
        failedShare = try reader.value(SettingKeys.haltFailed, over: inherited?.failedShare)
        failedOf = try reader.value(SettingKeys.haltFailedOf, over: inherited?.failedOf)
    }
}

extension Settings.ConfirmAbove {
    /// Reads the section; what it leaves out comes from `inherited`, else from the defaults.
    init(from reader: inout ValueReader, over inherited: Self? = nil) throws(SettingsError) {
        calls = try reader.value(SettingKeys.confirmCalls, over: inherited?.calls)
        cost = try reader.optional(SettingKeys.confirmCost, over: inherited?.cost)
    }
}

extension Settings {
    /// How the daemon behaves.
    package struct Daemon: Sendable, Equatable {
        /// How long calls under way may still take after a stop.
        package var shutdownGrace: Duration
        /// How long finished batches stay in the working tables.
        package var retention: Duration
        /// How often it looks for what other commands decided.
        package var poll: Duration
    }
}

extension Settings.Daemon {
    init(from reader: inout ValueReader) throws(SettingsError) {
        shutdownGrace = try reader.value(SettingKeys.shutdownGrace)
        retention = try reader.value(SettingKeys.retention)
        poll = try reader.value(SettingKeys.poll)
    }
}

extension Settings {
    /// The form of the result files.
    package struct OutputForm: Sendable, Equatable {
        /// What stands between its cells.
        package enum Delimiter: String, Sendable, CaseIterable {
            /// What the input has there; a comma for JSON-lines.
            case input
            case comma
            case semicolon
        }

        /// A kind of file that results are written in.
        package enum Format: String, Sendable, CaseIterable {
            case csv
            case jsonl
            case xlsx
        }

        /// What stands between the cells of `results.csv`.
        package var delimiter: Delimiter
        /// Whether an id that a spreadsheet would run gets a `'` before it.
        package var isSafe: Bool
        /// The kinds of file: at least one, and `xlsx` only with `csv`.
        package var formats: Set<Format>

        /// Describes the form.
        package init(delimiter: Delimiter, isSafe: Bool, formats: Set<Format> = [.csv, .jsonl]) {
            self.delimiter = delimiter
            self.isSafe = isSafe
            self.formats = formats
        }
    }
}

extension Settings.OutputForm {
    /// Reads the keys; what they leave out comes from `inherited`, else from the defaults.
    init(from reader: inout ValueReader, over inherited: Self? = nil) throws(SettingsError) {
        delimiter = try reader.value(SettingKeys.outputDelimiter, over: inherited?.delimiter)
        isSafe = try reader.value(SettingKeys.outputSafe, over: inherited?.isSafe)
        formats = try Self.formats(from: reader) ?? inherited?.formats ?? [.csv, .jsonl]
        reader.note(formats.map(\.rawValue).sorted().joined(separator: ","), at: SettingKeys.outputFormats.path)
    }

    /// The workbook is made from the CSV, and made again from it when a row is erased there.
    private static func formats(from reader: ValueReader) throws(SettingsError) -> Set<Format>? {
        let key = SettingKeys.outputFormats
        guard let entry = reader.structure(key.path) else { return nil }
        let formats = Set<Format>(try reader.choices(entry, at: key.path))
        guard formats.contains(.csv) || formats == [.jsonl] else {
            throw reader.wrong(key.path, entry.line, key.expectation)
        }
        return formats
    }
}

/// The keys of the form of the result files, which a job can set for itself, too.
extension SettingKeys {
    static let outputSafe = SettingKey(
        "output_safe", .boolean, default: "false",
        "whether ids that a spreadsheet would run get a ' before them in results.csv")
    static let outputDelimiter = SettingKey<Settings.OutputForm.Delimiter>(
        "output_delimiter", .choice, default: "comma", "what stands between the cells of results.csv")
    static let outputFormats = KeyDescription(
        path: "output_formats", expectation: "a list of csv, jsonl and xlsx, the last only beside csv",
        fallback: "[csv, jsonl]", about: "the kinds of file that results are written in", form: .structure)
    static let outputForm: [KeyDescription] = [
        outputFormats, outputSafe.description, outputDelimiter.description,
    ]
}
