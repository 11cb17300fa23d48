package import Basics

/// The number of a batch in its database; never reused.
package struct BatchID: RawRepresentable, Hashable, Sendable, Comparable, Codable, CustomStringConvertible {
    /// The number, from 1.
    package let rawValue: Int64

    /// The greatest there may be, as the schema's CHECK has it.
    static let greatest: Int64 = 2_147_483_647

    /// Names the batch with this number, which need not exist.
    package init(rawValue: Int64) {
        self.rawValue = rawValue
    }

    /// The number in decimal.
    package var description: String { String(rawValue) }

    /// Orders batches as they were made.
    package static func < (left: BatchID, right: BatchID) -> Bool {
        left.rawValue < right.rawValue
    }
}

extension BatchID {
    /// The ids of all records a batch can have, in input order.
    var records: ClosedRange<Int64> {
        (rawValue << RecordID.lineBits | 1)...(rawValue << RecordID.lineBits | RecordID.greatestLine)
    }

    /// The ids of the records that start at some lines.
    func range(of lines: ClosedRange<Int>) -> ClosedRange<Int64> {
        let first = max(1, min(Int64(lines.lowerBound), RecordID.greatestLine))
        let last = max(first, min(Int64(lines.upperBound), RecordID.greatestLine))
        return (rawValue << RecordID.lineBits | first)...(rawValue << RecordID.lineBits | last)
    }
}

/// A record: its batch and the line it starts at.
package struct RecordID: RawRepresentable, Hashable, Sendable, Comparable, Codable {
    /// Bits of the raw value that hold the line; the batch's number is above them.
    static let lineBits: Int64 = 32
    /// The last line that fits, 2³² − 1.
    static let greatestLine: Int64 = 0xffff_ffff

    /// The batch's number times 2³² plus the line, so that a batch's records are one range in input order.
    package let rawValue: Int64

    /// Names the record with this number, which need not exist.
    package init(rawValue: Int64) {
        self.rawValue = rawValue
    }

    /// Names the record of a batch that starts at a line.
    ///
    /// - Parameters:
    ///   - batch: The batch.
    ///   - line: The physical line, from 1 (a CSV header is line 1), at most 2³² − 1.
    package init(batch: BatchID, line: Int) {
        rawValue = batch.rawValue << Self.lineBits | Int64(line)
    }

    /// The batch it belongs to.
    package var batch: BatchID { BatchID(rawValue: rawValue >> Self.lineBits) }
    /// The physical line of the input at which it starts, from 1.
    package var line: Int { Int(rawValue & Self.greatestLine) }

    /// Orders records by batch, then as they stand in the input.
    package static func < (left: RecordID, right: RecordID) -> Bool {
        left.rawValue < right.rawValue
    }
}

/// A record's status; every input line has exactly one.
package enum RecordStatus: String, Sendable, CaseIterable, Codable {
    /// Waits for its call, or for another one.
    case queued
    /// Claimed: its call is about to be made, under way, or was when a process died.
    case inFlight = "in_flight"
    /// Answered; the answer is kept.
    case succeeded
    /// Refused for good, or out of attempts.
    case failed
    /// Sent, or maybe sent, and no answer recorded: may have been billed.
    case inDoubt = "in_doubt"
    /// Refused before any call.
    case invalid
    /// Answered from an identical record.
    case reused
    /// Its batch was cancelled before its call.
    case cancelled
}

extension RecordStatus {
    /// The number that stands for it in the `records` table (see `migrations/v0001_initial.sql`).
    var code: Int64 {
        switch self {
        case .queued: 0
        case .inFlight: 1
        case .succeeded: 2
        case .failed: 3
        case .inDoubt: 4
        case .invalid: 5
        case .reused: 6
        case .cancelled: 7
        }
    }

    /// The status a number of the `records` table stands for.
    init(code: Int64) throws {
        guard let status = Self.allCases.first(where: { $0.code == code }) else {
            throw StoreError(.damaged, "The database holds a record status unknown here; restore it from a backup")
        }
        self = status
    }

    /// Its counter in the `batches` table, by the same name.
    var column: String { rawValue }
}

/// A record's place in its batch, for people.
package struct RecordReference: Sendable, Hashable {
    package let record: RecordID
    /// Its batch's name.
    package let batch: String

    /// The physical line of the batch's input at which it starts, from 1.
    package var line: Int { record.line }

    /// Names a record.
    package init(record: RecordID, batch: String) {
        self.record = record
        self.batch = batch
    }
}

/// A record as read; sealed values are opened on access.
package struct RecordView: Sendable {
    package let record: RecordID
    package let status: RecordStatus
    /// Attempts that were made: sent, or possibly sent.
    package let attempts: Int
    /// Whether it is in doubt only because an identical record is.
    package let isHeld: Bool
    /// The last HTTP status; nil when no answer came, or the record waits.
    package let httpStatus: Int?
    /// The API's reason code.
    package let reasonCode: String?
    /// The answer's `X-MC-Correlation-ID`.
    package let correlationID: String?
    /// The answer's `requestRefId`.
    package let requestRefID: String?
    /// When the last attempt began.
    package let submittedAt: WallTime?
    /// When the record got its status.
    package let completedAt: WallTime?
    /// Whether the answer brought warnings or alerts.
    package let hasWarnings: Bool

    let sealedPayload: [UInt8]
    let sealedDetail: [UInt8]?
    let sealedAnswer: [UInt8]?
    /// The earlier record of the same batch whose result this one shares.
    let leader: RecordID?
    let copiedFrom: RecordID?
    let copiedFromBatch: String?
    /// Whether an operator declared it failed: its call, or that of an identical record, may have been billed.
    package let isResolvedByHand: Bool
    /// The record in doubt because of which this one is held; nil for any other, and once that is settled.
    package let holder: RecordReference?
    /// Whether it is in doubt although its call was surely billed.
    package let isSurelyBilled: Bool
    /// Whether it is in doubt because the answer it got belongs to another call.
    package let isRepeated: Bool
    /// How the last attempt of a failed record, or of the one it follows, ended; nil for any other, and where no attempt
    /// is in the ledger.
    package let failedBy: AttemptOutcome?
    /// When the person it belongs to was forgotten: nothing personal is left of it. Nil
    /// for any other record.
    package let forgottenAt: WallTime?
    let key: DataKey

    /// The record whose result is shown.
    private var source: Int64 { (leader ?? record).rawValue }

    /// The line of the same batch whose answer, failure or doubt this record shares; nil when it has its own.
    package var sharesLine: Int? { leader?.line }

    /// Where a reused answer came from: the line of the same batch, or `<batch>:<line>`; nil for any other record.
    package var reusedFrom: String? {
        guard status == .reused else { return nil }
        if let leader { return String(leader.line) }
        guard let copiedFrom, copiedFrom.batch != record.batch else { return copiedFrom.map { String($0.line) } }
        return "\(copiedFromBatch ?? copiedFrom.batch.description):\(copiedFrom.line)"
    }

    /// The physical line of the input at which the record starts, from 1.
    package var line: Int { record.line }

    /// Opens the record's own id and its raw row, together; both are empty where the person was forgotten.
    ///
    /// - Throws: ``StoreError`` with ``StoreErrorCode/altered`` when it was altered.
    package func payload() throws -> (id: [UInt8], rawRow: [UInt8]) {
        guard forgottenAt == nil else { return ([], []) }
        return try SealedPayload.read(key.open(sealedPayload, record: record.rawValue, column: .payload))
    }

    /// The record's own id as the file gives it, UTF-8; empty when it has none. With ``rawRow``, ask ``payload()``.
    package var id: [UInt8] { get throws { try payload().id } }

    /// The row as it stood in the file.
    package var rawRow: [UInt8] { get throws { try payload().rawRow } }

    /// What went wrong, in one sentence without values.
    package var errorText: String? {
        get throws {
            let place = leader.flatMap { status == .reused ? nil : "as line \($0.line)" }
            guard let sealedDetail else { return place }
            let detail = try key.open(sealedDetail, record: source, column: .detail)
            let text = isHeld && leader == nil ? heldText : String(decoding: detail, as: UTF8.self)
            return place.map { "\(text) (\($0))" } ?? text
        }
    }

    /// Whether it is in doubt although it has an answer, which is kept.
    package var hasKeptAnswer: Bool { status == .inDoubt && sealedAnswer != nil }

    private var heldText: String {
        guard let holder else { return "held: an identical record was in doubt, and is no more" }
        let place = holder.record.batch == record.batch ? "" : " of \(holder.batch)"
        return "held: identical to line \(holder.line)\(place), which is in doubt"
    }

    /// The answer, decrypted, or as it came when it could not be deciphered. An answer that cannot be read is not
    /// shared with other records.
    package var answer: [UInt8]? {
        get throws {
            guard leader == nil || status == .reused else { return nil }
            return try sealedAnswer.map { try key.open($0, record: source, column: .answer) }
        }
    }
}
