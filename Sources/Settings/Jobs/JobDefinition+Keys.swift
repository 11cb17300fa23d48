extension JobDefinition {
    static let nameFormat = ValueFormat<String>.name
    static let nameKey = SettingKey("name", nameFormat, "the job's name; absent: its file's name without .yaml")
    static let descriptionKey = SettingKey("description", .text, "what the job is for")
    static let formatKey = SettingKey<Format>(
        "source.format", .choice, "the format of its files; absent: found from each file")
    static let fieldsKey = KeyDescription(
        path: "fields",
        expectation: "API paths with a column's name, or with column, columns and join, or value, and transform",
        fallback: nil, about: "where each API field comes from; absent: the known column names are read",
        form: .structure)
    static let ignoredKey = KeyDescription(
        path: "ignore_columns", expectation: "a column's name or a list of them", fallback: nil,
        about: "columns that are in the file and not wanted", form: .structure)
    static let recordIDKey = SettingKey("record_id", .text, "the column that holds a record's own id")

    static let trimKey = SettingKey(
        "trim", .boolean, default: "true",
        "whether white space and invisible characters are taken off both ends of every value")
    static let spreadsheetChecksKey = SettingKey(
        "spreadsheet_checks", .boolean, default: "true",
        "whether 1.5E+9, 1001.0 or a leading ' in an id, account or phone is invalid, and =\"0013\" is read as 0013")
    static let placeholdersKey = KeyDescription(
        path: "placeholders.invalid", expectation: "a text or a list of them", fallback: nil,
        about: "texts that are no account, no email and no phone number; absent: NULL, #N/A and the like",
        form: .structure)
    static let absentTextsKey = KeyDescription(
        path: "placeholders.absent", expectation: "a text or a list of them", fallback: nil,
        about: "texts that count as an empty cell in every field; absent: none", form: .structure)

    static let cardNumbersKey = SettingKey(
        "allow_card_numbers", .boolean, default: "false",
        "whether values that look like payment card numbers are sent; otherwise such a line is invalid, or waits")

    static let schema = Schema(
        [
            nameKey.description, descriptionKey.description, enabledKey.description, scheduleKey.description,
            timeZoneKey.description, catchUpKey.description, windowKey.description, priorityKey.description,
            pathKey.description, globKey.description, formatKey.description, settleKey.description,
            doneMarkerKey.description, orderKey.description, fieldsKey, ignoredKey, recordIDKey.description,
            trimKey.description, spreadsheetChecksKey.description, placeholdersKey, absentTextsKey,
            cardNumbersKey.description, afterKey.description, exchangeGroupKey.description, outputKey.description,
            SettingKeys.notify, rerunJobsKey, rerunStatusesKey, youngerThanKey.description, confirmKey.description,
            SettingKeys.maxInvalid.description, reuseKey.description, acceptFailedKey.description,
            acceptInvalidKey.description,
        ] + SettingKeys.outputForm + SettingKeys.ages
            + SettingKeys.running.filter { $0.path != SettingKeys.timeZone.path },
        besides: Settings.keys)
}

/// The keys by which a job starts and ends by itself.
extension JobDefinition {
    static let enabledKey = SettingKey(
        "enabled", .boolean, default: "true", "whether the daemon runs the job; 'run --job' does so anyway")
    static let scheduleKey = SettingKey("schedule", .schedule, "when the job is due; absent: not by the clock")
    static let timeZoneKey = SettingKey(
        "time_zone", .timeZone, "the clock of schedule and window; absent: limits.time_zone")
    static let catchUpKey = SettingKey(
        "catch_up", .boolean, default: "false",
        "whether a run that was missed while the daemon was down is made at start")
    static let windowKey = SettingKey("window", .window, "when calls may be made; absent: at any time")
    static let priorityKey = SettingKey(
        "priority", .integer(1...100), default: "1", "the job's weight beside others that run at the same time")

    static let pathKey = SettingKey(
        "source.path", .path, "a drop folder: its inbox, or the folder in which inbox and the others are made")
    static let globKey = SettingKey("source.glob", .pattern, "a pattern of files that the schedule takes in: in/*.csv")
    static let settleKey = SettingKey(
        "source.settle", .duration(.seconds(0)...(.seconds(86400)), "at most 1d"), default: "30s",
        "how long a file's size and times must stand still before it counts as whole")
    static let doneMarkerKey = SettingKey(
        "source.done_marker", .boolean, default: "false", "a file counts as whole only once NAME.done lies beside it")
    static let orderKey = SettingKey<Source.Order>(
        "source.order", .choice, default: "name", "which of several files comes first")

    static let afterKey = SettingKey<After>(
        "after", .choice,
        "what becomes of a file once its batch is done; absent: archive for source.path, keep for source.glob")
    static let exchangeGroupKey = SettingKey(
        "exchange_group", .name, "the group that may put files into the inbox and take results out")
    static let outputKey = SettingKey(
        "output", .path, "the folder of this job's results; absent: out/ of the drop folder, or the settings' output")

    static let rerunJobsKey = KeyDescription(
        path: "rerun.jobs", expectation: "a job's name or a list of them", fallback: nil,
        about: "the jobs whose batches are sent again; absent: all", form: .structure)
    static let rerunStatusesKey = KeyDescription(
        path: "rerun.statuses", expectation: "failed or in_doubt, or a list of these", fallback: "failed",
        about: "which records are sent again; those in doubt may be billed twice", form: .structure)
    static let youngerThanKey = SettingKey(
        "rerun.younger_than", .duration(.seconds(60)...(.seconds(365 * 86400)), "from 1m to 365d"),
        "only batches taken in less than this long ago")
}

/// The keys that bound what a job's batches cost.
extension JobDefinition {
    static let confirmKey = SettingKey(
        "confirm", .boolean, default: "false", "whether each batch waits for confirmation before its first call")
    static let reuseKey = SettingKey(
        "reuse_within", .duration(.seconds(60)...(.seconds(3650 * 86400)), "from 1m to 3650d"),
        "how old an answer to an identical record may be to be used again; absent: each batch calls again")
    static let acceptFailedKey = SettingKey(
        "accept.failed", .share, default: "0%", "the share of lines that may fail in a success")
    static let acceptInvalidKey = SettingKey(
        "accept.invalid", .share, default: "0%", "the share of lines that may be invalid in a success")
}

extension JobDefinition {
    /// Where one field of the request comes from.
    package struct Field: Sendable, Equatable {
        /// The API's path: `user.email`.
        package let path: String
        /// What its text is made of.
        package let source: Source
        /// What is done with the text, in this order.
        package let transforms: [Transform]
        /// The line of the job file, for errors found later.
        package let line: Int?

        /// What a field's text is made of.
        package enum Source: Sendable, Equatable {
            case column(String)
            /// The cells of several columns with `join` between them.
            case columns([String], join: String)
            /// The same text for every record.
            case value(String)
        }

        /// What can be done with a text.
        package enum Transform: String, Sendable, CaseIterable {
            /// White space and invisible characters at both ends are removed.
            case trim
            /// Capital letters become small.
            case lowercase
            /// Small letters become capitals.
            case uppercase
            /// Only the digits stay, of a phone number also a leading `+` and an extension behind `x`.
            case digits
            /// The lower-case hex SHA-256 of the text.
            case sha256
            /// The lower-case hex HMAC-SHA-256 of the text, under a lasting key of the installation.
            case hmacSHA256 = "hmac-sha256"
        }
    }
}
