import Basics
import RecordStore
import Results

/// Batches in readable form.
enum BatchTable {
    private static let header = [
        "BATCH", "STATE", "TOTAL", "SUCCEEDED", "FAILED", "INVALID", "IN DOUBT", "QUEUED", "TO GO", "CREATED",
    ]

    /// All batches, a line each.
    static func text(of batches: [Batch], _ outlooks: BatchOutlooks) -> String {
        guard !batches.isEmpty else { return "no batches yet; \(Hint.help(["run"])) says how the first is made" }
        let table = aligned(
            [header] + batches.map { row($0, isStopped: outlooks.isStopped($0), rest: outlooks.rest(of: $0)) })
        return ([table] + overdueLines(batches.compactMap { outlooks.overdue[$0.id] })).joined(separator: "\n")
    }

    /// Which batches are older than their retention allows, and why they are not purged.
    static func overdueLines(_ overdue: [RetentionPlan.Kept]) -> [String] {
        overdue.map { "not purged although older than its retention: \($0.batch.name) \($0.text)" }
    }

    /// One batch; `resumesAt` is when a cap that paused it resets.
    static func detail(of batch: Batch, _ outlook: BatchOutlook, resumesAt: WallTime? = nil) -> String {
        var rows = [
            ["batch", batch.name], ["file", batch.fileName], ["job", batch.job],
            ["state", batch.stateText(isStopped: outlook.isStopped)],
        ]
        if let reason = batch.reason { rows.append(["reason", reason]) }
        if outlook.isStopped { rows.append(["resumes", "when its file is run again, or by \(Hint.daemon)"]) }
        if let resumesAt { rows.append(["resumes", "\(NumberFormat.time(resumesAt)), by itself where a daemon runs"]) }
        rows.append(["created", NumberFormat.time(batch.createdAt)])
        if let finished = batch.finishedAt { rows.append(["finished", NumberFormat.time(finished)]) }
        for scope in PurgeScope.allCases {
            if let time = batch.purged[scope] { rows.append(["\(scope.rawValue) purged", NumberFormat.time(time)]) }
        }
        if let overdue = outlook.overdue {
            rows.append(["not purged", "although older than its retention: it \(overdue.text)"])
        }
        rows.append(["records", NumberFormat.count(batch.counts.total)])
        for status in RecordStatus.allCases where batch.counts[status] > 0 {
            rows.append(["  \(status.rawValue)", NumberFormat.count(batch.counts[status])])
        }
        rows.append(["calls", NumberFormat.count(batch.counts.calls)])
        rows.append(["retries", NumberFormat.count(batch.counts.retries)])
        rows.append(["cost", outlook.cost.description])
        if let rest = outlook.rest { rows.append(["to go", text(of: rest)]) }
        if let results = outlook.results { rows.append(["results", results]) }
        return aligned(rows)
    }

    private static func text(of rest: BatchOutlook.Rest) -> String {
        "\(NumberFormat.count(rest.calls, "call")), at least \(NumberFormat.duration(seconds: rest.seconds)) at "
            + "\(NumberFormat.rate(rest.rate))/s"
    }

    private static func row(_ batch: Batch, isStopped: Bool, rest: BatchOutlook.Rest?) -> [String] {
        let counts = batch.counts
        let figures = [
            counts.total, counts.succeeded, counts.failed, counts.invalid, counts.inDoubt,
            counts.queued + counts.inFlight,
        ]
        let left = rest.map { NumberFormat.duration(seconds: $0.seconds) } ?? "-"
        return [batch.name, batch.stateText(isStopped: isStopped)] + figures.map(NumberFormat.count)
            + [left, NumberFormat.time(batch.createdAt)]
    }

    /// Cells padded to the widest of their column, two spaces between columns.
    static func aligned(_ rows: [[String]]) -> String {
        let columns = rows.map(\.count).max() ?? 0
        let widths = (0..<columns).map { column in rows.map { column < $0.count ? $0[column].count : 0 }.max() ?? 0 }
        return rows.map { row in
            let cells = row.enumerated().map { column, cell in
                column == row.count - 1 ? cell : cell + String(repeating: " ", count: widths[column] - cell.count)
            }
            return cells.joined(separator: "  ")
        }.joined(separator: "\n")
    }
}
