import Basics
import Foundation
import Results

/// A finished batch in readable form: what became of every line, the calls, the cost, the files.
enum SummaryText {
    static func text(of written: WrittenResults) -> String {
        let summary = written.summary
        var lines = [
            "",
            "\(summary.batch.name): \(summary.state), every one of \(NumberFormat.count(summary.records.total, "line")) accounted for",
        ]
        lines.append(BatchTable.aligned(records(summary.records).map { ["  \($0)", NumberFormat.count($1)] }))
        lines.append("calls: \(calls(summary.calls))")
        lines.append("cost: \(summary.cost)")
        if let seconds = summary.times.runningSeconds { lines.append("took: \(took(seconds, summary))") }
        return (lines + files(written)).joined(separator: "\n")
    }

    private static func records(_ records: BatchSummary.Records) -> [(String, Int)] {
        let all = [
            ("succeeded", records.succeeded), ("reused", records.reused), ("failed", records.failed),
            ("invalid", records.invalid), ("in doubt", records.inDoubt), ("cancelled", records.cancelled),
        ]
        return all.filter { $0.1 > 0 || $0.0 == "succeeded" }
    }

    private static func calls(_ calls: BatchSummary.Calls) -> String {
        var parts = ["\(NumberFormat.count(calls.made)) made, \(NumberFormat.count(calls.billable)) billed"]
        if calls.maybeBillable > 0 { parts.append("\(NumberFormat.count(calls.maybeBillable)) perhaps billed") }
        if calls.retries > 0 { parts.append(Counted.things(calls.retries, "retry")) }
        if calls.possibleDoubleBills > 0 {
            parts.append("\(NumberFormat.count(calls.possibleDoubleBills)) possibly billed twice")
        }
        return parts.joined(separator: ", ")
    }

    private static func took(_ seconds: Double, _ summary: BatchSummary) -> String {
        let length = NumberFormat.duration(seconds: seconds)
        // Of less than a second it says nothing.
        guard seconds >= 1, summary.calls.made > 0 else { return length }
        let rate = "\(length), \(NumberFormat.rate(Double(summary.calls.made) / seconds)) calls/s"
        return summary.latency.map { "\(rate), half of the answers within \($0.median) ms, 99% within \($0.p99) ms" }
            ?? rate
    }

    private static func files(_ written: WrittenResults) -> [String] {
        let paths = written.paths
        var lines = ["results: \(paths.tables.joined(separator: "\n         "))", "report:  \(paths.report)"]
        if let failed = paths.failed { lines.append("to correct: \(failed) (correct the lines and run this file)") }
        if let cancelled = paths.cancelled {
            let rerun = Hint.rerun(batch: written.summary.batch.name, status: "cancelled")
            lines.append("not sent: \(cancelled) (run this file, or \(rerun), to send its lines)")
        }
        if let inDoubt = paths.inDoubt {
            let decisions = InDoubtMessages.decisions(on: written.inDoubtSummary, of: written.summary.batch.name)
            lines.append("in doubt: \(inDoubt) (\(decisions.joined(separator: "; ")))")
        }
        return lines
    }
}

extension String {
    /// A sentence that can continue after a semicolon: without the full stop at its end.
    var withoutFullStop: String { hasSuffix(".") ? String(dropLast()) : self }
}
