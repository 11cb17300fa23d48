import RecordStore

/// What must be true of an installation after a history, kept beside it from the API's log of calls alone.
struct HistoryModel: Sendable {
    /// What the API knows of an account.
    struct Account: Sendable {
        /// Calls that it read.
        var calls = 0
        /// Whether the last of them was answered with 200, or may count as answered: nobody may call again without
        /// being asked to.
        var isOwed = false
        /// Whether it was refused for good.
        var isRefused = false
    }

    private(set) var accounts: [String: Account] = [:]
    /// Calls so far.
    private(set) var calls = 0
    /// Whether a process was killed, so that calls may stand in the ledger that were never made.
    var wasKilled = false
    /// Whether the database was put back, so that calls may be missing in its ledger.
    var wasRestored = false
    /// The cap of a day's calls; nil: none.
    var dailyCalls: Int?
    /// The calls of each day, as the ledger had them.
    private var days: [Int64: Int] = [:]

    /// Statuses after which a record is tried again, or failed without being billed.
    private static let unbilled: Set = [400, 429, 500, 503]

    /// Takes the calls of one step.
    ///
    /// - Parameters:
    ///   - log: The calls that the API read, in their order.
    ///   - asked: The accounts that are to be sent again; without those that were.
    /// - Returns: The rules that were broken.
    mutating func take(_ log: [(account: String?, status: Int)], asked: inout Set<String>) -> [String] {
        var broken: [String] = []
        for call in log {
            guard let name = call.account else {
                broken.append("a call could not be read")
                continue
            }
            let wasAsked = asked.remove(name) != nil
            var account = accounts[name] ?? Account()
            if account.isOwed, !wasAsked { broken.append("\(name) was called again, and nobody asked for it") }
            if account.isRefused, !wasAsked { broken.append("\(name) was refused for good and called again") }
            account.calls += 1
            account.isOwed = !Self.unbilled.contains(call.status)
            account.isRefused = call.status == 400
            accounts[name] = account
        }
        calls += log.count
        return broken
    }

    /// Compares the days' calls, by the ledger, with their cap: a day that had more before it was set gets no more. A database
    /// that was put back counts what it does not know of as today's.
    ///
    /// - Returns: The rules that are broken.
    mutating func check(days now: [Int64: Int]) -> [String] {
        defer { days = now }
        guard let cap = dailyCalls, !wasRestored else { return [] }
        return now.filter { $0.value > max(cap, days[$0.key] ?? 0) }.map {
            "\($0.value) calls on day \($0.key), with a cap of \(cap)"
        }
    }

    /// Compares a batch as the store has it with what the API knows.
    ///
    /// - Returns: The rules that are broken.
    func check(_ batch: BatchReading, lines: Int) -> [String] {
        var broken: [String] = []
        func expect(_ holds: Bool, _ rule: String) { if !holds { broken.append("\(batch.name): \(rule)") } }
        let counts = batch.counts
        expect(counts.total == lines, "\(counts.total) records of \(lines) lines")
        expect(batch.records.count == lines, "\(batch.records.count) records are there, of \(lines) lines")
        for status in RecordStatus.allCases {
            expect(batch.records.count { $0.status == status } == counts[status], "its counter of \(status) is wrong")
        }
        for record in batch.records {
            let account = accounts[record.account] ?? Account()
            if !wasRestored {
                expect(
                    wasKilled ? record.calls >= account.calls : record.calls == account.calls,
                    "\(record.calls) calls of \(record.account) are in the ledger, and the API read \(account.calls)")
            }
            if record.status == .succeeded { expect(account.isOwed, "\(record.account) succeeded without an answer") }
            if record.status == .failed, account.isOwed, !record.isResolved {
                expect(false, "\(record.account) failed although its call may have been billed")
            }
        }
        if let rows = batch.resultStatuses {
            expect(rows == batch.records.map(\.status.rawValue), "results.csv says \(rows.joined(separator: " "))")
        }
        return broken
    }
}

/// A batch as it was found in the store and in its result folder.
struct BatchReading: Sendable {
    struct Record: Sendable {
        let account: String
        let status: RecordStatus
        /// Its rows in the ledger that count as calls.
        let calls: Int
        let isResolved: Bool
    }

    let name: String
    let counts: BatchCounts
    let records: [Record]
    /// The statuses in `results.csv`; nil where the batch is not completed.
    let resultStatuses: [String]?
}
