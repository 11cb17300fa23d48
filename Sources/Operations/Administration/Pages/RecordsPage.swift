import Basics
import RecordStore

/// A batch's records of one status, without anything that they hold: ids only where the settings show them.
struct RecordsPage: Equatable {
    /// A record.
    struct Row: Equatable {
        let line: Int
        /// The attempts of the line.
        let path: String
        let id: String?
        let attempts: Int
        let code: String
        let correlationID: String
        let completed: String
    }

    let name: String
    let path: String
    let status: String
    let showsIDs: Bool
    let rows: [Row]
    /// The address of what follows; nil: nothing does.
    let following: String?
    /// Where its records can be sent again.
    let rerun: String?

    /// How many are shown at once.
    static let pageSize = 100

    private struct Enough: Error {}

    /// Reads what the page shows.
    ///
    /// - Parameters:
    ///   - batch: The batch.
    ///   - status: The status.
    ///   - first: The first line to be shown, from 1 to 2³² − 1.
    ///   - showsIDs: Whether ids are shown, which the caller has entered in the audit.
    ///   - store: The database.
    /// - Returns: The page.
    /// - Throws: `StoreError` when it cannot be read.
    static func read(
        _ batch: Batch, _ status: RecordStatus, from first: Int, showsIDs: Bool, in store: RecordStore
    ) async throws -> RecordsPage {
        var rows: [Row] = []
        var following: String?
        do {
            try await store.forEachRecord(batch.id, statuses: [status], lines: first...Int(UInt32.max)) { view in
                guard rows.count < pageSize else {
                    following = "\(batch.recordsPath(status))&from=\(view.line)"
                    throw Enough()
                }
                rows.append(
                    Row(
                        line: view.line, path: "\(batch.path)/lines/\(view.line)",
                        id: showsIDs ? PlainText.line(String(decoding: try view.id, as: UTF8.self)) : nil,
                        attempts: view.attempts,
                        code: view.reasonCode ?? view.httpStatus.map { "HTTP \($0)" } ?? "–",
                        correlationID: view.correlationID ?? "–",
                        completed: view.completedAt.map(NumberFormat.time) ?? "–"))
            }
        } catch is Enough {
            // The page is full.
        }
        let canBeSent = ActionScope.all.contains(status) && !rows.isEmpty
        return RecordsPage(
            name: batch.name, path: batch.path, status: status.rawValue.replacing("_", with: " "), showsIDs: showsIDs,
            rows: rows, following: following,
            rerun: canBeSent ? "\(batch.path(.rerun))?status=\(status.rawValue)" : nil)
    }
}

/// The attempts of the record that begins at a line.
struct LinePage: Equatable {
    /// An attempt.
    struct Row: Equatable {
        let number: Int
        let started: String
        let outcome: String
        let cause: String
        let code: String
        let correlationID: String
        let duration: String
        let billed: String
    }

    let name: String
    let path: String
    let line: Int
    let status: String
    let tone: String
    let rows: [Row]
    /// Where the line can be settled while it is in doubt.
    let resolve: String?
    /// Where it can be sent again.
    let rerun: String?

    /// Reads what the page shows; nil where no record begins there.
    ///
    /// - Throws: `StoreError` when the database cannot be read.
    static func read(_ batch: Batch, _ line: Int, in store: RecordStore) async throws -> LinePage? {
        guard line <= Int(UInt32.max), let view = try await store.record(RecordID(batch: batch.id, line: line)) else {
            return nil
        }
        var rows: [Row] = []
        try await store.forEachAttempt(batch.id, lines: line...line) { rows.append(Row(AttemptLine($0))) }
        return LinePage(
            name: batch.name, path: batch.path, line: line, status: view.status.rawValue.replacing("_", with: " "),
            tone: view.status.pageTone.rawValue, rows: rows,
            resolve: view.status == .inDoubt ? "\(batch.path(.resolve))?lines=\(line)" : nil,
            rerun: ActionScope.all.contains(view.status)
                ? "\(batch.path(.rerun))?status=\(view.status.rawValue)&lines=\(line)" : nil)
    }
}

extension LinePage.Row {
    init(_ attempt: AttemptLine) {
        number = attempt.number
        // `2026-11-28T22:40:20.015Z`, as people read it elsewhere on the page.
        started = attempt.startedAt.prefix(19).replacing("T", with: " ") + " UTC"
        (outcome, cause) = (attempt.outcome?.replacing("_", with: " ") ?? "under way", attempt.cause ?? "–")
        code = [attempt.httpStatus.map { "HTTP \($0)" }, attempt.reasonCode].compactMap(\.self).joined(separator: ", ")
        correlationID = attempt.correlationID ?? "–"
        duration = attempt.milliseconds.map { "\(NumberFormat.count(Int($0))) ms" } ?? "–"
        billed = attempt.billable ?? "–"
    }
}
