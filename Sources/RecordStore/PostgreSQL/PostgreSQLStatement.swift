import Basics
import CPostgres

/// A statement with its parameters, and the rows that it brought.
///
/// A statement that brings no rows is only sent: the server does several of them in one round trip, and what goes wrong
/// is thrown where the next answer is needed, at the latest by the commit.
final class PostgreSQLStatement {
    /// A parameter as it is bound.
    enum Parameter {
        case null(Oid)
        case integer(Int64)
        case real(Double)
        case text(String)
        case bytes([UInt8])
        /// Values of one type, or NULL among them.
        indirect case array(SQLType, [Parameter])

        /// NULL whose type the server finds from where it stands.
        static let unknownNull = Parameter.null(PostgreSQLType.unknown)

        var type: Oid {
            switch self {
            case .null(let type): type
            case .integer: PostgreSQLType.int8
            case .real: PostgreSQLType.float8
            case .text: PostgreSQLType.text
            case .bytes: PostgreSQLType.bytes
            case .array(let type, _): type.postgreSQLArray
            }
        }

        /// Appends its binary form.
        ///
        /// - Returns: Whether it has one: NULL has none.
        @discardableResult
        func append(to bytes: inout [UInt8]) -> Bool {
            switch self {
            case .null: return false
            case .integer(let number): Self.append(number, to: &bytes)
            case .real(let number): Self.append(number.bitPattern, to: &bytes)
            case .text(let text): bytes.append(contentsOf: text.utf8)
            case .bytes(let value): bytes.append(contentsOf: value)
            case .array(let type, let elements): Self.append(elements, of: type, to: &bytes)
            }
            return true
        }

        /// An array of one dimension: dimensions, whether there is NULL, the elements' type, how many there are, the first
        /// one's index; then each with its length, which is -1 for NULL (PostgreSQL's array_send).
        private static func append(_ elements: [Parameter], of type: SQLType, to bytes: inout [UInt8]) {
            let header = [1, 1, Int32(bitPattern: type.postgreSQL), Int32(elements.count), 1]
            for number in header { append(number, to: &bytes) }
            for element in elements {
                let place = bytes.count
                append(-1 as Int32, to: &bytes)
                guard element.append(to: &bytes) else { continue }
                let length = Int32(bytes.count - place - MemoryLayout<Int32>.size)
                Swift.withUnsafeBytes(of: length.bigEndian) { length in
                    for (index, byte) in length.enumerated() { bytes[place + index] = byte }
                }
            }
        }

        private static func append(_ number: some FixedWidthInteger, to bytes: inout [UInt8]) {
            Swift.withUnsafeBytes(of: number.bigEndian) { bytes.append(contentsOf: $0) }
        }
    }

    private let connection: PostgreSQLConnection
    let text: PostgreSQLText
    private(set) var parameters: [Parameter]
    private var result: PostgreSQLResult?
    private var row: Int32 = 0

    init(_ text: PostgreSQLText, on connection: PostgreSQLConnection) {
        self.text = text
        self.connection = connection
        parameters = text.names.map { _ in .null(PostgreSQLType.unknown) }
    }

    func bind(_ parameter: Parameter, at index: Int32) {
        let place = Int(index) - 1
        // One too many is a fault of this program, which SQLite finds in the same tests.
        guard parameters.indices.contains(place) else { return }
        parameters[place] = parameter
    }

    /// Steps to the next row; false at the end.
    ///
    /// - Throws: ``PostgreSQLError``, also of what was only sent before.
    func step() throws -> Bool {
        if result == nil {
            result = try connection.ask(self)
            row = 0
        } else {
            row += 1
        }
        guard let result, row < result.rowCount else {
            self.result = nil
            return false
        }
        return true
    }

    /// Sends it; it brings no rows.
    ///
    /// - Throws: ``PostgreSQLError``, also of what was sent before.
    func run() throws {
        result = nil
        try connection.send(self)
    }

    func reset() { result = nil }

    var changes: Int { connection.changesCount }
    var columnCount: Int32 { result?.columnCount ?? 0 }

    func columnName(_ column: Int32) -> String { result?.columnName(column) ?? "" }
    func value(_ column: Int32) -> SQLValue { result?.value(row, column) ?? .null }
    func integer(_ column: Int32) -> Int64 { result?.integer(row, column) ?? 0 }
    func bytes(_ column: Int32) -> UnsafeRawBufferPointer? { result?.bytes(row, column) }

    /// Passes the parameters on as libpq takes them, all in binary form.
    func withParameters<T>(
        _ body: (Int32, UnsafePointer<UnsafePointer<CChar>?>?, UnsafePointer<Int32>?, UnsafePointer<Int32>?) -> T
    ) -> T {
        var (arena, places, lengths) = ([UInt8](), [Int?](), [Int32]())
        for parameter in parameters {
            let start = arena.count
            places.append(parameter.append(to: &arena) ? start : nil)
            lengths.append(Int32(arena.count - start))
        }
        // An empty value has an address, too: NULL is what has none.
        arena.append(0)
        let formats = [Int32](repeating: 1, count: parameters.count)
        return arena.withUnsafeBytes { bytes in
            let values = places.map { place in
                place.flatMap { bytes.baseAddress?.advanced(by: $0).assumingMemoryBound(to: CChar.self) }
            }
            return values.withUnsafeBufferPointer { values in
                lengths.withUnsafeBufferPointer { lengths in
                    formats.withUnsafeBufferPointer { formats in
                        body(Int32(parameters.count), values.baseAddress, lengths.baseAddress, formats.baseAddress)
                    }
                }
            }
        }
    }
}

/// The rows for which PostgreSQL is to run a statement.
final class PostgreSQLRows {
    private let each: PostgreSQLStatement
    private let all: PostgreSQLStatement
    private var rows: [[PostgreSQLStatement.Parameter]] = []

    /// Begins without rows.
    ///
    /// - Parameters:
    ///   - each: What a row is bound to.
    ///   - all: The same for arrays.
    init(_ each: PostgreSQLStatement, _ all: PostgreSQLStatement) {
        (self.each, self.all) = (each, all)
    }

    /// Whether none is to be sent.
    var isEmpty: Bool { rows.isEmpty }

    /// Adds the row that is bound.
    func add() { rows.append(each.parameters) }

    /// Sends the statement for all rows, and forgets them.
    ///
    /// - Throws: ``PostgreSQLError``, also of what was sent before.
    func run() throws {
        guard bindAll() else { return }
        try all.run()
    }

    /// Asks for what is found for the rows, and forgets these.
    ///
    /// - Parameter body: Is given a row's place and what is found for it.
    /// - Throws: ``PostgreSQLError``, also of what was sent before.
    func forEachFound(_ body: (Int, Int64) -> Void) throws {
        guard bindAll() else { return }
        while try all.step() { body(Int(all.integer(0)) - 1, all.integer(1)) }
    }

    /// Forgets the rows of a transaction that was undone.
    func forget() { rows = [] }

    private func bindAll() -> Bool {
        guard !rows.isEmpty else { return false }
        for column in all.text.types.indices {
            all.bind(.array(all.text.types[column], rows.map { $0[column] }), at: Int32(column + 1))
        }
        rows = []
        return true
    }
}
