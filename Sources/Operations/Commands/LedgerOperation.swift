import Basics
import Foundation
import RecordStore
import Results
import Settings

/// `rollcall ledger`: every attempt of a batch, or the totals of a period, to check against an invoice.
package struct LedgerOperation: Sendable {
    /// What is asked for.
    package enum Scope: Sendable {
        /// The attempts of one batch.
        case batch(String)
        /// The days from one to another, both included, as `YYYY-MM-DD` in `limits.time_zone`.
        case period(from: String, to: String)
    }

    private let scope: Scope
    private let config: String
    private let json: Bool
    private let console: Console

    /// Describes what to list.
    package init(_ scope: Scope, config: String, json: Bool, console: Console = .standard) {
        self.scope = scope
        self.config = config
        self.json = json
        self.console = console
    }

    /// Prints the attempts by line, or the totals by day and batch; and finally the grand total.
    package func perform() async throws -> ExitStatus {
        let place = try Installation(config: config)
        let days = try period()
        try await place.reading { store in
            if let days {
                show(
                    try await PeriodLedger(
                        days, store: store, pricing: place.pricing, zone: place.settings.limits.timeZone))
            } else if case .batch(let name) = scope {
                try await list(store.batchOrFailure(name), store, place)
            }
        }
        return .succeeded
    }

    private func period() throws -> ClosedRange<CallDay>? {
        guard case .period(let from, let to) = scope else { return nil }
        let (first, last) = (try CallDay(text: from), try CallDay(text: to))
        guard first <= last else { throw OperationFailure(.usage, "--from \(from) comes after --to \(to)") }
        return first...last
    }

    private func list(_ batch: Batch, _ store: RecordStore, _ place: Installation) async throws {
        if let time = batch.purged.ledger {
            console.note("\(batch.name): its attempts were purged at \(NumberFormat.time(time)); its totals are kept")
        }
        if !json { console.output(AttemptLine.header) }
        try await store.forEachAttempt(batch.id) { attempt in
            let line = AttemptLine(attempt)
            console.output(json ? JSONText.text(of: line) : line.text)
            try console.requireOutput()
        }
        let totals = LedgerSum(try await store.ledgerTotals(batch.id))
        let cost = Cost.share(of: try await store.ledgerDays(inMonthsOf: batch.id), pricing: place.pricing) {
            $0.batch == batch.id
        }
        let last = BatchLedgerEnd(batch: batch.name, totals: totals, cost: cost)
        console.output(json ? JSONText.text(of: last) : "\(batch.name): \(totals.text); cost: \(cost)")
    }

    private func show(_ period: PeriodLedger) {
        console.output(json ? JSONText.text(of: period) : period.text)
    }
}

/// The last element of a batch's list.
struct BatchLedgerEnd: Encodable {
    let batch: String
    let totals: LedgerSum
    let cost: Cost

    enum CodingKeys: CodingKey, CaseIterable { case batch, totals, cost }
}

extension CallDay {
    /// The day of a text such as `2026-11-30`.
    ///
    /// - Throws: `OperationFailure` (64) that shows the form.
    init(text: String) throws {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false).map { Int64($0) }
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = .gmt
        guard parts.count == 3, text.utf8.count == 10, let year = parts[0], let month = parts[1], let day = parts[2],
            DateComponents(calendar: calendar, year: Int(year), month: Int(month), day: Int(day)).isValidDate
        else { throw OperationFailure(.usage, "'\(text)' is no day; write it as 2026-11-30") }
        self.init(rawValue: year * 10_000 + month * 100 + day)
    }

    /// `2026-11-30`.
    var text: String {
        String(format: "%04d-%02d-%02d", Int(rawValue / 10_000), Int(rawValue / 100 % 100), Int(rawValue % 100))
    }
}

/// One attempt as `ledger` lists it: nothing of the record but its line.
struct AttemptLine: Encodable {
    static let header = "LINE\tTRY\tTIME\tOUTCOME\tCAUSE\tHTTP\tREASON\tCORRELATION ID\tMS\tBILLABLE"

    private let started: WallTime
    let line: Int
    let number: Int
    let startedAt: String
    let finishedAt: String?
    /// Nil while the call is under way.
    let outcome: String?
    let cause: String?
    let httpStatus: Int?
    let reasonCode: String?
    let correlationID: String?
    let milliseconds: Int64?
    /// `yes`, answered with 200; `no`, certainly not; `unknown`; nil while the call is under way.
    let billable: String?
    /// Whether it was sent, or may have been sent, and counts against the caps.
    let isCall: Bool

    init(_ attempt: AttemptView) {
        line = attempt.record.line
        number = attempt.number
        started = attempt.startedAt
        startedAt = Timestamp.text(attempt.startedAt)
        finishedAt = attempt.finishedAt.map(Timestamp.text)
        outcome = attempt.outcome?.rawValue
        cause = attempt.cause
        httpStatus = attempt.httpStatus
        reasonCode = attempt.reasonCode
        correlationID = attempt.correlationID
        milliseconds = attempt.finishedAt.map { $0.milliseconds(since: attempt.startedAt) }
        billable = attempt.billable?.rawValue
        isCall = attempt.countsAsCall
    }

    var text: String {
        let cells = [
            String(line), String(number), NumberFormat.time(started), outcome ?? "under way", cause,
            httpStatus.map { String($0) },
            reasonCode, correlationID, milliseconds.map { String($0) }, billable,
        ]
        return cells.map { $0 ?? "-" }.joined(separator: "\t")
    }

    enum CodingKeys: String, CodingKey, CaseIterable {
        case line, number, outcome, cause, billable
        case startedAt = "started_at"
        case finishedAt = "finished_at"
        case httpStatus = "http_status"
        case reasonCode = "reason_code"
        case correlationID = "correlation_id"
        case milliseconds = "duration_ms"
        case isCall = "call"
    }
}

/// The ledger's totals for some days, by day and batch: what an invoice for them should say.
struct PeriodLedger: Encodable {
    /// One batch's attempts of one day, or those of no batch.
    struct Entry: Encodable {
        let day: String
        let batch: String
        let totals: LedgerSum
        /// What its calls cost at their place among the month's.
        let cost: Cost
    }

    let from: String
    let to: String
    let days: [Entry]
    let totals: LedgerSum
    let cost: Cost
    /// Restores found in these days whose losses are unknown: more calls may have been billed than are listed here.
    let unknown: [Unknown]

    enum CodingKeys: CodingKey, CaseIterable { case from, to, days, totals, cost, unknown }

    /// A restore for which it is unknown which calls it lost.
    struct Unknown: Encodable {
        let found: String
        let reason: String
    }

    /// Reads the totals of some days over all batches.
    ///
    /// - Parameters:
    ///   - days: The first and the last day.
    ///   - store: The database.
    ///   - pricing: The price list.
    ///   - zone: The days' time zone.
    /// - Throws: `StoreError` when the database cannot be read.
    init(_ days: ClosedRange<CallDay>, store: RecordStore, pricing: Pricing?, zone: TimeZone) async throws {
        // The tiers count from each month's beginning.
        let month = CallDay(rawValue: days.lowerBound.month.lowerBound)
        let unknown = try await store.unknownRestores().filter { days.contains(CallDay(at: $0.at, in: zone)) }
        try self.init(
            days, of: await store.ledgerDays(month...days.upperBound), pricing: pricing,
            unknown: unknown.map { Unknown(found: Timestamp.text($0.at), reason: $0.reason) })
    }

    /// Adds up some days of the ledger.
    ///
    /// - Parameters:
    ///   - days: The first and the last day.
    ///   - rows: The ledger's rows from the beginning of the first day's month on.
    ///   - pricing: The price list.
    ///   - unknown: Restores whose losses are unknown.
    init(_ days: ClosedRange<CallDay>, of rows: [LedgerDay], pricing: Pricing?, unknown: [Unknown] = []) {
        self.unknown = unknown
        let costs = Cost.each(of: rows, pricing: pricing)
        let entries = zip(rows, costs).filter { days.contains($0.0.day) }
        from = days.lowerBound.text
        to = days.upperBound.text
        self.days = entries.map { row, cost in
            Entry(day: row.day.text, batch: row.name, totals: LedgerSum(row.totals), cost: cost)
        }
        totals = entries.reduce(into: LedgerSum()) { $0.add($1.0.totals) }
        cost = Cost.share(of: rows, pricing: pricing) { days.contains($0.day) }
    }

    var text: String {
        var rows = [["DAY", "BATCH", "CALLS", "BILLED", "PERHAPS BILLED", "SURELY NOT", "COST"]]
        for entry in days {
            let sum = entry.totals
            let figures = [sum.made, sum.billable, sum.maybeBillable + sum.open, sum.notBillable]
            rows.append([entry.day, entry.batch] + figures.map(NumberFormat.count) + [entry.cost.description])
        }
        let gaps = unknown.map {
            "restored, found at \($0.found): nobody knows how many calls are missing here (\($0.reason))\n"
        }
        return BatchTable.aligned(rows) + "\n" + gaps.joined() + "\(from) to \(to): \(totals.text); cost: \(cost)"
    }
}

/// Totals of attempts, with the same names as in `summary.json`.
struct LedgerSum: Encodable, Equatable {
    private(set) var attempts = 0
    /// Under way.
    private(set) var open = 0
    /// Sent, or possibly sent.
    private(set) var made = 0
    /// Answered with 200: billed.
    private(set) var billable = 0
    /// Certainly not billed: never sent, or refused.
    private(set) var notBillable = 0
    /// May have been billed.
    private(set) var maybeBillable = 0

    init() {}

    init(_ totals: LedgerTotals) {
        add(totals)
    }

    mutating func add(_ totals: LedgerTotals) {
        attempts += totals.attempts
        open += totals.open
        made += totals.calls
        billable += totals.billable
        notBillable += totals.unbilled
        maybeBillable += totals.unknown
    }

    var text: String {
        var parts = [
            NumberFormat.count(attempts, "attempt"), NumberFormat.count(made, "call"),
            "\(NumberFormat.count(billable)) billed",
            "\(NumberFormat.count(maybeBillable)) perhaps billed", "\(NumberFormat.count(notBillable)) surely not",
        ]
        if open > 0 { parts.append("\(NumberFormat.count(open)) under way") }
        return parts.joined(separator: ", ")
    }

    enum CodingKeys: String, CodingKey, CaseIterable {
        case attempts, open, made, billable
        case notBillable = "not_billable"
        case maybeBillable = "maybe_billable"
    }
}
