import Basics
import RecordStore

/// What a restored copy does not know, and what that may cost, as a person reads it.
enum RestoreText {
    static func lines(_ report: RestoreReport, file: String, database: String) -> [String] {
        var lines = ["\(file) is now the database \(database)"]
        if let setAside = report.setAside { lines.append("the database that was there is kept as \(setAside)") }
        return lines + [missing(report), next(report)].compactMap(\.self)
    }

    private static func missing(_ report: RestoreReport) -> String? {
        guard let lost = report.lostAttempts else {
            return
                "nobody knows what was sent since the copy was made: \(report.unknownBecause ?? "no trace is left"); "
                + "batches taken in from now on wait until \(Hint.resumeAfterRestore), which says what may be paid twice"
        }
        guard lost > 0 else { return "it knows of every call that was made: nothing is missing" }
        return
            "it does not know of the last \(NumberFormat.count(Int(clamping: lost), "call")); sending those records again "
            + "would bill up to \(Counted.things(report.callsAtRisk, "call")) a second time"
    }

    private static func next(_ report: RestoreReport) -> String? {
        guard !report.pausedBatches.isEmpty else { return nil }
        let names = report.pausedBatches.prefix(10).joined(separator: ", ")
        let more = report.pausedBatches.count > 10 ? ", …" : ""
        return
            "the next run or daemon pauses \(names)\(more) and puts \(NumberFormat.count(report.doubtedRecords, "record")) "
            + "in doubt; look at them before you resume, such as with "
            + "\(Hint.records(batch: report.pausedBatches[0], status: "in_doubt"))"
    }

    /// What opening a database found to be missing in it; nil where nothing is.
    static func warning(of found: RecoveryReport) -> String? {
        let doubted = NumberFormat.count(found.doubtedRecords, "record")
        let areInDoubt = "\(Counted.verb(found.doubtedRecords)) in doubt now"
        if let reason = found.unknownBecause {
            return
                "the database was restored from an earlier copy, and nobody knows what had been sent since (\(reason)); "
                + "\(doubted) that may have been sent \(areInDoubt), and batches taken in from now on wait until "
                + "\(Hint.resumeAfterRestore)"
        }
        guard found.lostAttempts > 0 else { return nil }
        return "the database was restored from an earlier copy, which does not know of the last "
            + "\(NumberFormat.count(Int(clamping: found.lostAttempts), "call")); \(doubted) that may have been among them "
            + areInDoubt
    }
}
