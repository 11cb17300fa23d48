extension JobDefinition {
    /// Where one field of the request comes from.
    public struct Field: Sendable, Equatable {
        /// The API's path: `user.email`.
        public let path: String
        /// What its text is made of.
        public let source: Source
        /// What is done with the text, in this order.
        public let transforms: [Transform]
        /// The line of the job file, for errors found later.
        public let line: Int?

        /// What a field's text is made of.
        public enum Source: Sendable, Equatable {
            /// The cell of one column.
            case column(String)
            /// The cells of several columns with `join` between them.
            case columns([String], join: String)
            /// The same text for every record.
            case value(String)
        }

        /// What can be done with a text.
        public enum Transform: String, Sendable, CaseIterable {
            /// White space and invisible characters at both ends are taken off.
            case trim
            /// Capital letters become small.
            case lowercase
            /// Small letters become capitals.
            case uppercase
            /// Only the digits stay, of a phone number also a leading `+` and an extension behind `x`.
            case digits
            /// The lower-case hex SHA-256 of the text.
            case sha256
        }
    }
}
