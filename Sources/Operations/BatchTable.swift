import Basics
import RecordStore

/// Batches as a person reads them.
enum BatchTable {
    static func text(of batches: [Batch]) -> String {
        guard !batches.isEmpty else { return "no batches yet; \(Hint.help(["run"])) says how the first is made" }
        let header = ["BATCH", "STATE", "TOTAL", "SUCCEEDED", "FAILED", "INVALID", "IN DOUBT", "QUEUED", "CREATED"]
        return aligned([header] + batches.map(row))
    }

    /// One batch; `resumesAt` is when a cap that paused it turns over, in milliseconds since 1970 UTC.
    static func detail(of batch: Batch, resumesAt: Int64? = nil) -> String {
        var rows = [
            ["batch", batch.name], ["file", batch.fileName], ["job", batch.job], ["state", batch.state.rawValue],
        ]
        if let reason = batch.reason { rows.append(["reason", reason]) }
        if let resumesAt { rows.append(["goes on", "\(Figures.time(resumesAt)), by itself where a daemon runs"]) }
        rows.append(["created", Figures.time(batch.createdAt)])
        if let finished = batch.finishedAt { rows.append(["finished", Figures.time(finished)]) }
        rows.append(["records", Figures.count(batch.counts.total)])
        for status in RecordStatus.allCases where batch.counts[status] > 0 {
            rows.append(["  \(status.rawValue)", Figures.count(batch.counts[status])])
        }
        rows.append(["calls", Figures.count(batch.counts.calls)])
        rows.append(["retries", Figures.count(batch.counts.retries)])
        return aligned(rows)
    }

    private static func row(_ batch: Batch) -> [String] {
        let counts = batch.counts
        let figures = [counts.total, counts.succeeded, counts.failed, counts.invalid, counts.inDoubt]
        return [batch.name, batch.state.rawValue] + figures.map(Figures.count)
            + [Figures.count(counts.queued + counts.inFlight), Figures.time(batch.createdAt)]
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
