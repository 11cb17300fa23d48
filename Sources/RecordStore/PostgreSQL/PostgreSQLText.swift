/// A statement as PostgreSQL takes it, made from the text that all engines share. A pure value.
///
/// Parameters get numbers (`$1`), tables the schema's name, so that nothing depends on a session's search path; an index
/// that SQLite is told to use is left out, and so is the join order that `CROSS JOIN … ON` tells it.
struct PostgreSQLText: Sendable {
    /// The schema that all tables lie in.
    static let schema = "rollcall"

    /// The text.
    private(set) var sql = ""
    /// The names of its parameters by their place, from 0; nil where one has a number only.
    private(set) var names: [String?] = []

    /// Whether a word says that a table's name follows.
    private static let introducers: Set<String> = ["FROM", "JOIN", "INTO", "UPDATE"]

    /// The types of its parameters where it is made for many rows, each parameter an array of one column's values; else none.
    private(set) var types: [SQLType] = []

    private var previous = ""

    /// Translates a statement for one row of parameters to one for many.
    ///
    /// - Parameters:
    ///   - text: `INSERT INTO … VALUES (…)`, `UPDATE … SET … WHERE …`, or `SELECT …`: then it gives a row's number, from 1,
    ///     and what is found for it.
    ///   - types: Those of its parameters.
    init(_ text: String, forRowsOf types: [SQLType]) {
        self.init(text)
        self.types = types
        // From the last: $1 is the beginning of $10, too.
        for place in types.indices.reversed() {
            sql = sql.replacing("$\(place + 1)", with: "given.p\(place + 1)")
        }
        let arrays = types.enumerated().map { "$\($0 + 1)::\($1.postgreSQLArrayName)" }.joined(separator: ", ")
        let columns = types.indices.map { "p\($0 + 1)" }.joined(separator: ", ")
        if sql.hasPrefix("SELECT") {
            sql = """
                SELECT number, found.value FROM unnest(\(arrays)) WITH ORDINALITY AS given (\(columns), number)
                CROSS JOIN LATERAL (\(sql)) AS found (value)
                """
        } else if let values = sql.firstRange(of: "VALUES (") {
            let row = Self.enclosed(sql[values.upperBound...])
            let source = "SELECT \(row) FROM unnest(\(arrays)) AS given (\(columns))"
            sql = sql[..<values.lowerBound] + source + sql[row.endIndex...].dropFirst()
        } else if let condition = sql.ranges(of: "WHERE ").last {
            sql.insert(contentsOf: "FROM unnest(\(arrays)) AS given (\(columns)) ", at: condition.lowerBound)
        }
    }

    /// Translates a statement.
    init(_ text: String) {
        var rest = Substring(text)
        while let first = rest.first {
            if first == "'" || first == "\"" {
                take(Self.quoted(rest, by: first), &rest)
                previous = ""
            } else if first == "-", rest.hasPrefix("--") {
                rest = rest.drop { $0 != "\n" }
            } else if first == "?" {
                addNumbered(&rest)
            } else if rest.hasPrefix("::") {
                take(rest.prefix(2), &rest)
            } else if first == ":", let name = Self.name(rest.dropFirst()) {
                addNamed(String(name))
                rest = rest.dropFirst(1 + name.count)
            } else if let word = Self.name(rest) {
                add(String(word), &rest)
            } else {
                sql.append(first)
                if !first.isWhitespace { previous = String(first) }
                rest = rest.dropFirst()
            }
        }
    }

    private mutating func take(_ part: Substring, _ rest: inout Substring) {
        sql += part
        rest = rest.dropFirst(part.count)
    }

    private mutating func addNumbered(_ rest: inout Substring) {
        let digits = rest.dropFirst().prefix { $0.isNumber }
        let number = Int(digits) ?? names.count + 1
        while names.count < number { names.append(nil) }
        sql += "$\(number)"
        rest = rest.dropFirst(1 + digits.count)
        previous = "?"
    }

    private mutating func addNamed(_ name: String) {
        let index = names.firstIndex(of: name) ?? names.count
        if index == names.count { names.append(name) }
        sql += "$\(index + 1)"
        previous = "?"
    }

    private mutating func add(_ word: String, _ rest: inout Substring) {
        let upper = word.uppercased()
        if upper == "INDEXED" {
            rest = Self.afterWords(3, rest)
        } else if upper == "CROSS" {
            // The condition that follows is that of an inner join.
            rest = Self.afterWords(1, rest)
        } else if upper == "UPDATE", Self.nextWord(rest.dropFirst(word.count))?.uppercased() == "SET" {
            // Of ON CONFLICT: it names no table.
            take(rest.prefix(word.count), &rest)
            previous = ""
        } else {
            if Self.introducers.contains(previous) { sql += "\(Self.schema)." }
            take(rest.prefix(word.count), &rest)
            previous = upper == "FROM" && previous == "DISTINCT" ? "" : upper
        }
    }

    private static func quoted(_ text: Substring, by quote: Character) -> Substring {
        guard let end = text.dropFirst().firstIndex(of: quote) else { return text }
        return text[...end]
    }

    /// What stands before the parenthesis that closes one that was opened before.
    private static func enclosed(_ text: Substring) -> Substring {
        var depth = 1
        for (index, character) in zip(text.indices, text) {
            if character == "(" { depth += 1 }
            if character == ")" { depth -= 1 }
            if depth == 0 { return text[..<index] }
        }
        return text
    }

    private static func name(_ text: Substring) -> Substring? {
        guard let first = text.first, first.isLetter || first == "_" else { return nil }
        return text.prefix { $0.isLetter || $0.isNumber || $0 == "_" || $0 == "." }
    }

    private static func nextWord(_ text: Substring) -> Substring? { name(text.drop(while: \.isWhitespace)) }

    /// The text behind some words and the white space around them.
    private static func afterWords(_ count: Int, _ text: Substring) -> Substring {
        var rest = text
        for _ in 0..<count {
            rest = rest.drop { !$0.isWhitespace }.drop(while: \.isWhitespace)
        }
        return rest
    }
}
