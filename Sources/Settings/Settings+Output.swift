extension Settings {
    /// The form of `results.csv`.
    public struct OutputForm: Sendable, Equatable {
        /// What stands between its cells.
        public enum Delimiter: String, Sendable, CaseIterable {
            /// What the input has there; a comma for JSON-lines.
            case input
            /// A comma.
            case comma
            /// A semicolon.
            case semicolon
        }

        /// What stands between its cells.
        public var delimiter: Delimiter
        /// Whether an id that a spreadsheet would run gets a `'` before it.
        public var isSafe: Bool

        /// Describes the form.
        public init(delimiter: Delimiter, isSafe: Bool) {
            self.delimiter = delimiter
            self.isSafe = isSafe
        }
    }
}

extension Settings.OutputForm {
    /// Reads the keys; what they leave out comes from `inherited`, else from the defaults.
    init(from reader: inout ValueReader, over inherited: Self? = nil) throws(SettingsError) {
        delimiter = try reader.value(SettingKeys.outputDelimiter, over: inherited?.delimiter)
        isSafe = try reader.value(SettingKeys.outputSafe, over: inherited?.isSafe)
    }
}

/// The keys of the form of `results.csv`, which a job can set for itself, too.
extension SettingKeys {
    static let outputSafe = SettingKey(
        "output_safe", .boolean, default: "false",
        "whether ids that a spreadsheet would run get a ' before them in results.csv")
    static let outputDelimiter = SettingKey<Settings.OutputForm.Delimiter>(
        "output_delimiter", .choice, default: "comma", "what stands between the cells of results.csv")
    static let outputForm: [KeyDescription] = [outputSafe.description, outputDelimiter.description]
}
