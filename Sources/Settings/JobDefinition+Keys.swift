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
        isScalar: false)
    static let ignoredKey = KeyDescription(
        path: "ignore_columns", expectation: "a column's name or a list of them", fallback: nil,
        about: "columns that are in the file and not wanted", isScalar: false)
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
        isScalar: false)
    static let absentTextsKey = KeyDescription(
        path: "placeholders.absent", expectation: "a text or a list of them", fallback: nil,
        about: "texts that count as an empty cell in every field; absent: none", isScalar: false)

    static let schema = Schema(
        [
            nameKey.description, descriptionKey.description, enabledKey.description, scheduleKey.description,
            timeZoneKey.description, catchUpKey.description, windowKey.description, priorityKey.description,
            pathKey.description, globKey.description, formatKey.description, settleKey.description,
            doneMarkerKey.description, orderKey.description, fieldsKey, ignoredKey, recordIDKey.description,
            trimKey.description, spreadsheetChecksKey.description, placeholdersKey, absentTextsKey,
            afterKey.description, exchangeGroupKey.description, outputKey.description, SettingKeys.notify,
            rerunJobsKey, rerunStatusesKey, youngerThanKey.description, confirmKey.description,
            SettingKeys.maxInvalid.description, reuseKey.description, acceptFailedKey.description,
            acceptInvalidKey.description,
        ] + SettingKeys.outputForm + SettingKeys.running.filter { $0.path != SettingKeys.timeZone.path },
        besides: Settings.keys)
}
