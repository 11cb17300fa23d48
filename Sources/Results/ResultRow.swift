import RecordStore

/// What one record puts into the result files, beside its answer.
struct ResultRow {
    let line: Int
    let id: [UInt8]
    /// The row as it stood in the input; nil where the store's copy was altered.
    let rawRow: [UInt8]?
    let status: RecordStatus
    let attempts: Int
    /// Whether it is in doubt without a call of its own.
    let isHeld: Bool
    /// Whether it failed by a person's word and may have been billed.
    let isResolvedByHand: Bool
    let httpStatus: Int?
    let reasonCode: String?
    /// What went wrong; nil for a record that was answered.
    let error: String?
    let correlationID: String?
    let requestRefID: String?
    let submittedAt: Int64?
    let completedAt: Int64?
    /// The line, or `<batch>:<line>`, whose call brought a reused answer.
    let reusedFrom: String?
    /// Our own word on an answer that was taken all the same: it was not encrypted, or can be read no more.
    let ownWarning: String?
    /// The answer of a record that has one; what could not be deciphered stays in the store.
    let answer: [UInt8]?
}

extension ResultRow {
    private static let altered = "what the database holds of this record was altered; restore it from a backup"

    /// A record that was altered in the database is accounted for, too: with its line, its status and this word.
    init(_ view: RecordView) throws {
        let payload = try Self.unlessAltered { try view.payload() }
        let isAnswered = view.status == .succeeded || view.status == .reused
        let answer = isAnswered ? try Self.unlessAltered { try view.answer } : nil
        let detail = try Self.unlessAltered { try view.errorText }
        let isIntact = payload != nil && detail != nil && (answer != nil || !isAnswered)
        let text = isIntact ? detail ?? nil : Self.altered
        self.init(
            line: view.line, id: payload?.id ?? [], rawRow: payload?.rawRow, status: view.status,
            attempts: view.attempts, isHeld: view.isHeld, isResolvedByHand: view.isResolvedByHand,
            httpStatus: view.httpStatus, reasonCode: view.reasonCode, error: isAnswered ? nil : text,
            correlationID: view.correlationID, requestRefID: view.requestRefID, submittedAt: view.submittedAt,
            completedAt: view.completedAt, reusedFrom: view.reusedFrom, ownWarning: isAnswered ? text : nil,
            answer: answer ?? nil)
    }

    /// What `_reason` says of a row that is given back: the API's code, then the sentence.
    var reason: String {
        guard status != .cancelled else { return "its batch was cancelled before this line was answered" }
        return [reasonCode, error].compactMap { $0 }.joined(separator: ": ")
    }

    private static func unlessAltered<Value>(_ read: () throws -> Value) throws -> Value? {
        do {
            return try read()
        } catch let error as StoreError where error.code == .altered {
            return nil
        }
    }
}
