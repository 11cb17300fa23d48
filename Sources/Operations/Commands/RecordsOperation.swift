import Basics
import Foundation
import RecordStore
import Results

/// `rollcall records`: a batch's records, one line each.
package struct RecordsOperation: Sendable {
    private let config: String
    private let batch: String
    private let statuses: String?
    private let json: Bool
    private let console: Console

    /// Describes which records to list.
    package init(config: String, batch: String, statuses: String?, json: Bool, console: Console = .standard) {
        self.config = config
        self.batch = batch
        self.statuses = statuses
        self.json = json
        self.console = console
    }

    /// Prints the records in input order.
    package func perform() async throws -> ExitStatus {
        let wanted = try statuses.map(RecordArguments.statuses)
        try await OperatorSession.with(Installation(config: config), console: console) { session in
            try await list(wanted, in: session)
        }
        return .succeeded
    }

    private func list(_ wanted: Set<RecordStatus>?, in session: OperatorSession) async throws {
        let store = session.store
        let id = try await store.batchOrFailure(batch).id
        try await session.note(.readRecords, of: id, detail: statuses.map { "those that are \($0)" })
        if !json { console.output("LINE\tID\tSTATUS\tATTEMPTS\tREASON") }
        try await store.forEachRecord(id, statuses: wanted, lines: nil) { view in
            var line = try RecordLine(view)
            // A record that waits for another attempt shows why.
            if view.status == .queued, view.attempts > 0 {
                line.reason = try store.blockingReads.lastAttempt(of: view.record).flatMap(RecordLine.reason)
            }
            console.output(json ? JSONText.text(of: line) : line.text)
            try console.requireOutput()
        }
    }
}

/// One record as `records` lists it.
struct RecordLine: Encodable {
    let line: Int
    let id: String
    let status: String
    let attempts: Int
    var reason: String?

    enum CodingKeys: CodingKey, CaseIterable { case line, id, status, attempts, reason }

    init(_ view: RecordView) throws {
        line = view.line
        id = String(decoding: try view.id, as: UTF8.self)
        status = view.status.rawValue
        attempts = view.attempts
        reason = try view.forgottenText ?? view.errorText ?? view.reasonCode
    }

    /// The outcome of an attempt, in the ledger's words; nil while it is under way.
    static func reason(_ attempt: AttemptView) -> String? {
        guard let outcome = attempt.outcome else { return nil }
        let status = attempt.httpStatus.map { "HTTP \($0)" }
        return "last attempt: "
            + [outcome.rawValue, attempt.cause, status, attempt.reasonCode].compactMap { $0 }.joined(separator: ", ")
    }

    /// Tab-separated; control characters of an id cannot break the table.
    var text: String {
        [String(line), PlainText.line(id), status, String(attempts), reason ?? ""].joined(separator: "\t")
    }
}

extension RecordView {
    /// What is told of a record whose person was forgotten; nil for any other.
    fileprivate var forgottenText: String? { forgottenAt.map { "forgotten \(Timestamp.text($0).prefix(10))" } }
}

/// How a command line names records: their statuses joined by commas (`--status`), the lines they start at (`--lines`).
/// `records`, `rerun` and `resolve` read both alike.
package enum RecordArguments {
    /// The statuses that `records` takes.
    package static let allStatuses = RecordStatus.allCases.map(\.rawValue)
    /// Those that `rerun` takes.
    package static let rerunStatuses = [RecordStatus.failed, .inDoubt, .cancelled].map(\.rawValue)

    /// The statuses named.
    ///
    /// - Throws: `OperationFailure` (64) that names the ones there are.
    static func statuses(in text: String) throws -> Set<RecordStatus> {
        try Set(
            text.split(separator: ",").map { word in
                guard let status = RecordStatus(rawValue: word.filter { $0 != " " }) else {
                    throw OperationFailure(
                        .usage, "there is no status '\(word)'; the statuses are \(allStatuses.joined(separator: ", "))")
                }
                return status
            })
    }

    /// The greatest number that a line of an input has.
    private static let greatest = Int(UInt32.max)

    /// Lines as `A-B`, or one line as `A`.
    ///
    /// - Throws: `OperationFailure` (64) that shows the form.
    static func lines(in text: String) throws -> ClosedRange<Int> {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false).map { Int($0) }
        guard let first = parts.first ?? nil, let last = parts.last ?? nil, parts.count <= 2, 1 <= first, first <= last,
            first <= greatest
        else { throw OperationFailure(.usage, "--lines wants the form A-B, such as 2-100") }
        return first...min(last, greatest)
    }
}
