import Foundation

/// All that is needed to make the request of a record again from its raw row: stored, sealed, with the batch.
public struct RecordLayout: Sendable, Hashable, Codable {
    /// How the records are written.
    public let format: InputFormat
    /// CSV's header as it stood in the file, without byte order mark and line end; empty for JSON-lines.
    public let headerLine: [UInt8]
    /// The line end behind the header, or of the first line: LF or CRLF.
    public let lineEnd: [UInt8]
    /// Whether the file began with a byte order mark.
    public let hasByteOrderMark: Bool
    /// CSV's column names in order; empty for JSON-lines.
    public let columns: [String]
    /// The job's mapping.
    public let mapping: FieldMapping

    /// Describes how a file's records are laid out.
    ///
    /// - Parameters:
    ///   - format: how the records are written.
    ///   - headerLine: the header as it stood in the file.
    ///   - lineEnd: the line end behind the header.
    ///   - hasByteOrderMark: whether the file began with a byte order mark.
    ///   - columns: the column names in order.
    ///   - mapping: the job's mapping.
    public init(
        format: InputFormat, headerLine: [UInt8], lineEnd: [UInt8], hasByteOrderMark: Bool, columns: [String],
        mapping: FieldMapping
    ) {
        self.format = format
        self.headerLine = headerLine
        self.lineEnd = lineEnd
        self.hasByteOrderMark = hasByteOrderMark
        self.columns = columns
        self.mapping = mapping
    }

    /// Reads a layout that `encoded()` wrote.
    ///
    /// - Parameter bytes: the layout as it was stored.
    /// - Throws: `DecodingError` for anything else.
    public init(decoding bytes: [UInt8]) throws {
        self = try JSONDecoder().decode(Self.self, from: Data(bytes))
    }

    /// The layout as bytes to be stored. The same layout always gives the same bytes.
    ///
    /// - Throws: `EncodingError`, which no layout gives rise to.
    public func encoded() throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        return Array(try encoder.encode(self))
    }

    /// How rows become requests.
    func plan() throws(PlanFault) -> FieldPlan {
        switch format {
        case .csv: try FieldPlan(header: columns, mapping: mapping)
        case .jsonLines: try FieldPlan(members: mapping)
        }
    }
}
