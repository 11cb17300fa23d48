import CPostgres

/// What a command brought; owns libpq's result.
final class PostgreSQLResult {
    private let raw: OpaquePointer

    init(takingOwnershipOf raw: OpaquePointer) {
        self.raw = raw
    }

    deinit {
        PQclear(raw)
    }

    var status: ExecStatusType { PQresultStatus(raw) }
    var rowCount: Int32 { PQntuples(raw) }
    var columnCount: Int32 { PQnfields(raw) }

    /// How many rows it changed.
    var changes: Int { Int(String(cString: PQcmdTuples(raw))) ?? 0 }

    /// The command that was done; `COMMIT` in a failed transaction is answered with `ROLLBACK`.
    var command: String { String(cString: PQcmdStatus(raw)) }

    /// The server's error, as far as it may be told.
    var error: PostgreSQLError {
        PostgreSQLError(
            sqlState: rollcall_pg_sqlstate(raw).map { String(cString: $0) },
            constraint: rollcall_pg_constraint(raw).map { String(cString: $0) })
    }

    func columnName(_ column: Int32) -> String { PQfname(raw, column).map { String(cString: $0) } ?? "" }

    /// A value; all of them are in binary form.
    func value(_ row: Int32, _ column: Int32) -> SQLValue {
        guard let bytes = bytes(row, column) else { return .null }
        switch PQftype(raw, column) {
        case PostgreSQLType.bytes: return .bytes(Array(bytes))
        case PostgreSQLType.float8: return .real(Double(bitPattern: UInt64(truncatingIfNeeded: Self.number(bytes))))
        case PostgreSQLType.numeric: return .integer(Self.numeric(bytes))
        case PostgreSQLType.bool, PostgreSQLType.int2, PostgreSQLType.int4, PostgreSQLType.int8:
            return .integer(Self.number(bytes))
        default: return .text(String(decoding: bytes, as: UTF8.self))
        }
    }

    /// A number; 0 for NULL.
    func integer(_ row: Int32, _ column: Int32) -> Int64 {
        guard let bytes = bytes(row, column) else { return 0 }
        return PQftype(raw, column) == PostgreSQLType.numeric ? Self.numeric(bytes) : Self.number(bytes)
    }

    /// A value's bytes, valid as long as this result; nil for NULL.
    func bytes(_ row: Int32, _ column: Int32) -> UnsafeRawBufferPointer? {
        guard PQgetisnull(raw, row, column) == 0, let start = PQgetvalue(raw, row, column) else { return nil }
        return UnsafeRawBufferPointer(start: start, count: Int(PQgetlength(raw, row, column)))
    }

    /// A big-endian number of at most eight bytes, with its sign.
    private static func number(_ bytes: UnsafeRawBufferPointer) -> Int64 {
        guard let first = bytes.first else { return 0 }
        // `bool` is one byte, 0 or 1, so that its sign is never set.
        return bytes.dropFirst().reduce(Int64(Int8(bitPattern: first))) { $0 << 8 | Int64($1) }
    }

    /// The whole part of a `numeric`, such as the sum of numbers: its digits of base 10,000 after a header of four
    /// 16-bit numbers (`numeric_send` in PostgreSQL's numeric.c).
    private static func numeric(_ bytes: UnsafeRawBufferPointer) -> Int64 {
        func part(_ index: Int) -> Int64 {
            Int64(Int16(bitPattern: UInt16(bytes[2 * index]) << 8 | UInt16(bytes[2 * index + 1])))
        }
        guard bytes.count >= 8 else { return 0 }
        let (digits, weight, sign) = (Int(part(0)), Int(part(1)), part(2))
        guard weight >= 0 else { return 0 }
        let value = (0...weight).reduce(Int64(0)) { $0 &* 10_000 &+ ($1 < digits ? part(4 + $1) : 0) }
        return sign == 0x4000 ? -value : value
    }
}

/// The types of parameters and columns, by their numbers in every server (pg_type.dat).
enum PostgreSQLType {
    /// To be found by the server from where it stands.
    static let unknown: Oid = 0
    static let bool: Oid = 16
    static let bytes: Oid = 17
    static let int8: Oid = 20
    static let int2: Oid = 21
    static let int4: Oid = 23
    static let text: Oid = 25
    static let float8: Oid = 701
    static let bytesArray: Oid = 1001
    static let textArray: Oid = 1009
    static let int8Array: Oid = 1016
    static let float8Array: Oid = 1022
    static let numeric: Oid = 1700
}

extension SQLType {
    /// The type's number.
    var postgreSQL: Oid {
        switch self {
        case .integer: PostgreSQLType.int8
        case .real: PostgreSQLType.float8
        case .text: PostgreSQLType.text
        case .bytes: PostgreSQLType.bytes
        }
    }

    /// The number of the type of its arrays.
    var postgreSQLArray: Oid {
        switch self {
        case .integer: PostgreSQLType.int8Array
        case .real: PostgreSQLType.float8Array
        case .text: PostgreSQLType.textArray
        case .bytes: PostgreSQLType.bytesArray
        }
    }

    /// The name of the type of its arrays.
    var postgreSQLArrayName: String {
        switch self {
        case .integer: "bigint[]"
        case .real: "float8[]"
        case .text: "text[]"
        case .bytes: "bytea[]"
        }
    }
}
