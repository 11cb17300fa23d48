/// A completion whose personal parts were sealed on the caller's thread.
struct SealedCompletion: Sendable {
    let completion: Completion
    let detail: [UInt8]?
    let answer: [UInt8]?
    /// What its answer is remembered by; nil where it is none that counts.
    let reference: AnswerReference?

    /// Seals with the batch's key; nil when it was destroyed: then nothing personal can be kept.
    init(_ completion: Completion, key: DataKey?) throws {
        let record = completion.record.rawValue
        detail = try completion.errorText.flatMap { try key?.seal(Array($0.utf8), record: record, column: .detail) }
        answer = try completion.answer.flatMap { try key?.seal($0, record: record, column: .answer) }
        reference = completion.next == .succeeded ? completion.requestRefID.map(AnswerReference.init) : nil
        var bare = completion
        bare.errorText = nil
        bare.answer = nil
        bare.httpStatus = completion.httpStatus.flatMap { (100...999).contains($0) ? $0 : nil }
        bare.reasonCode = PlainToken.code(completion.reasonCode)
        bare.correlationID = PlainToken.only(completion.correlationID)
        bare.requestRefID = PlainToken.only(completion.requestRefID)
        self.completion = bare
    }
}
