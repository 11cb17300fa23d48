import RecordStore

/// Why some records of a batch have no answer, and what can be done about them.
struct UnansweredReason: Equatable {
    /// The API's code, the status of its answer, or that there was none.
    let reason: String
    /// `failed`, or `in doubt`.
    let status: String
    let count: String
    /// Its share of the most frequent one, from 0 to 100.
    let width: Int
    let tone: String
    /// What to do, in a sentence.
    let remedy: String
    /// Where just these records can be sent again; nil where that makes no sense, or they cannot be chosen.
    let rerun: String?
}

/// What kind of trouble a record without an answer has, which decides what to do. A pure rule.
enum UnansweredKind: Hashable {
    /// It may have been billed.
    case inDoubt
    /// An identical record is in doubt.
    case held
    /// The API refuses it as it is.
    case refused
    /// It is out of attempts.
    case exhausted
    /// An operator has given it up.
    case resolved

    init(_ status: RecordStatus, httpStatus: Int?, isHeld: Bool, isResolved: Bool) {
        switch status {
        case .inDoubt: self = isHeld ? .held : .inDoubt
        case _ where isResolved: self = .resolved
        default:
            // What asks to come later says nothing against the record (RFC 6585 §4; RFC 9110 §15.5.9).
            let isRefused = httpStatus.map { (400..<500).contains($0) && ![408, 425, 429].contains($0) } ?? false
            self = isRefused ? .refused : .exhausted
        }
    }

    var remedy: String {
        switch self {
        case .inDoubt: "May have been billed: send again, which may pay twice, or resolve as failed."
        case .held: "Not sent: an identical record is in doubt. Decide on that one first."
        case .refused: "Refused for good: correct these lines in failed.csv or failed.jsonl and take that file in."
        case .exhausted: "Out of attempts: send again when the API answers; nothing of the lines is wrong."
        case .resolved: "Given up by an operator: nothing is left to do."
        }
    }

    var status: RecordStatus { self == .inDoubt || self == .held ? .inDoubt : .failed }
    var tone: Tone { status == .inDoubt ? .warning : self == .resolved ? .quiet : .bad }
}
