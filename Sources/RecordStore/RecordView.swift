/// A record as it is read. What is sealed is opened when it is asked for.
public struct RecordView: Sendable {
    /// The record.
    public let record: RecordID
    /// Its status.
    public let status: RecordStatus
    /// Attempts that were made: sent, or maybe sent.
    public let attempts: Int
    /// Whether it is in doubt only because an identical record is.
    public let isHeld: Bool
    /// The last HTTP status; nil when no answer came, or the record waits.
    public let httpStatus: Int?
    /// The API's reason code.
    public let reasonCode: String?
    /// The answer's `X-MC-Correlation-ID`.
    public let correlationID: String?
    /// The answer's `requestRefId`.
    public let requestRefID: String?
    /// When the last attempt began, in milliseconds since 1970 UTC.
    public let submittedAt: Int64?
    /// When the record got its status, in milliseconds since 1970 UTC.
    public let completedAt: Int64?
    /// Whether the answer brought warnings or alerts.
    public let hasWarnings: Bool

    let sealedPayload: [UInt8]
    let sealedDetail: [UInt8]?
    let sealedAnswer: [UInt8]?
    let key: DataKey

    /// The physical line of the input at which the record starts, from 1.
    public var line: Int { record.line }

    /// Opens the record's own id and its raw row, together.
    ///
    /// - Throws: ``StoreError`` with ``StoreError/Code/damaged`` when it was altered.
    public func payload() throws -> (id: [UInt8], rawRow: [UInt8]) {
        try SealedPayload.read(key.open(sealedPayload, record: record.rawValue, column: .payload))
    }

    /// The record's own id as the file gives it, UTF-8; empty when it has none. With ``rawRow``, ask ``payload()``.
    public var id: [UInt8] { get throws { try payload().id } }

    /// The row as it stood in the file.
    public var rawRow: [UInt8] { get throws { try payload().rawRow } }

    /// What went wrong, in one sentence without values.
    public var errorText: String? {
        get throws {
            guard let sealedDetail else { return nil }
            let text = try key.open(sealedDetail, record: record.rawValue, column: .detail)
            return String(decoding: text, as: UTF8.self)
        }
    }

    /// The answer, decrypted, or as it came when it could not be deciphered.
    public var answer: [UInt8]? {
        get throws { try sealedAnswer.map { try key.open($0, record: record.rawValue, column: .answer) } }
    }
}
