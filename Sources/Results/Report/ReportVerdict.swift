import Basics

/// What a batch came to, in one sentence, and what is left to be done about it. A pure value.
struct ReportVerdict {
    /// Lines that somebody has to do something about, with the file they lie in.
    struct Task {
        let title: String
        /// What to do, in a sentence.
        let remedy: String
        /// The file beside the report that holds the lines; nil where there is none.
        let file: String?
        /// What does it, as printed for a shell.
        let commands: [String]
        /// Whether it may cost, so that it is told apart by its colour.
        let isCostly: Bool
    }

    /// `1,174 of 1,200 lines answered; 21 to correct; 5 to decide`.
    let sentence: String
    /// `good`, where nothing is left to be done; else `open`.
    let kind: String
    let tasks: [Task]

    /// Judges a batch by its counts.
    ///
    /// - Parameters:
    ///   - summary: What it came to.
    ///   - temporary: How many of its failed lines can be sent again as they are.
    ///   - resolvedByHand: How many an operator has given up: nothing is left to be done about them.
    ///   - held: How many of its lines in doubt were not sent, because an identical one is in doubt.
    ///   - jobFile: The job's file, for the commands, where `--job` does not find it by the job's name.
    ///   - folder: Where its files are, for the commands.
    init(
        _ summary: BatchSummary, temporary: Int = 0, resolvedByHand: Int = 0, held: Int = 0, jobFile: String? = nil,
        folder: String
    ) {
        let records = summary.records
        let refused = records.failed - temporary - resolvedByHand
        let waiting = records.queued + records.inFlight
        let answered = records.succeeded + records.reused
        let counts = [
            (refused + records.invalid, "to correct"), (temporary, "to send again"),
            (records.inDoubt - held, "to decide"), (held, "held"),
            (records.cancelled, "not sent"), (resolvedByHand, "given up"), (waiting, "waiting"),
        ]
        let start =
            switch records.total {
            case 0: "The file has no lines"
            case answered: "All \(Counted.things(records.total, "line")) answered"
            default: "\(Counted.number(answered)) of \(Counted.things(records.total, "line")) answered"
            }
        let rest = counts.filter { $0.0 > 0 }.map { "\(Counted.number($0.0)) \($0.1)" }
        sentence = ([start] + rest).joined(separator: "; ")
        let names = summary.files.map(\.name)
        func file(_ kind: ReturnFile.Kind) -> String? { names.first { $0.hasPrefix("\(kind.rawValue).") } }
        let failed = FailedLines(
            invalid: records.invalid, refused: refused, temporary: temporary, file: file(.failed),
            run: file(.failed).map { Self.run("\(folder)/\($0)", under: summary, jobFile) })
        tasks = [
            failed.toCorrect, failed.toSendAgain(in: summary.batch.name),
            Self.decide(summary, records.inDoubt - held, file(.inDoubt)),
            Self.release(summary, held, file(.inDoubt)), Self.send(summary, file(.cancelled)),
            Self.goOn(summary, waiting),
        ].compactMap(\.self)
        kind = tasks.isEmpty ? "good" : "open"
    }

    private static func decide(_ summary: BatchSummary, _ count: Int, _ file: String?) -> Task? {
        guard count > 0 else { return nil }
        let batch = summary.batch.name
        return Task(
            title: "\(Counted.things(count, "line")) to decide",
            remedy:
                "Sent, or maybe sent, and no answer was recorded: they may have been billed. The first command says what "
                + "sending them again may cost, and wants --yes; the second gives them up. Do not run the file: it is for "
                + "reading.",
            file: file,
            commands: [
                Hint.rerun(batch: batch, status: "in_doubt").commandLine,
                Hint.resolve(batch: batch, decision: "failed").commandLine,
            ], isCostly: true)
    }

    private static func release(_ summary: BatchSummary, _ count: Int, _ file: String?) -> Task? {
        guard count > 0 else { return nil }
        return Task(
            title: "\(Counted.things(count, "line")) held, not sent",
            remedy:
                "An identical line is in doubt, and the same answer is not paid for twice: settle the line that _reason "
                + "names first. Then this sends those that its answer does not settle:",
            file: file, commands: [Hint.rerun(batch: summary.batch.name, status: "in_doubt").commandLine],
            isCostly: false)
    }

    private static func send(_ summary: BatchSummary, _ file: String?) -> Task? {
        let count = summary.records.cancelled
        guard count > 0 else { return nil }
        return Task(
            title: "\(Counted.things(count, "line")) not sent",
            remedy: "The batch was cancelled before their turn came; nothing was billed for them. Send them after all:",
            file: file, commands: [Hint.rerun(batch: summary.batch.name, status: "cancelled").commandLine],
            isCostly: false)
    }

    private static func goOn(_ summary: BatchSummary, _ count: Int) -> Task? {
        guard count > 0 else { return nil }
        let batch = summary.batch.name
        let isHeldBack = ["paused", "halted"].contains(summary.state)
        return Task(
            title: "\(Counted.things(count, "line")) waiting",
            remedy: isHeldBack ? "Continue when the reason above is gone:" : "How far they are:", file: nil,
            commands: [isHeldBack ? Hint.resume(batch: batch).commandLine : Hint.status(batch: batch).commandLine],
            isCostly: false)
    }

    /// Files of a batch without a job are run without one.
    private static func run(_ file: String, under summary: BatchSummary, _ jobFile: String?) -> String {
        let name = summary.batch.job == "default" ? nil : summary.batch.job
        return Hint.run(files: [file], job: jobFile ?? name).commandLine
    }
}

/// The lines of `failed.*`: those to correct, and those that can be sent again as they are. Each has one way to be sent,
/// for whoever follows both of a line's ways pays for it twice.
private struct FailedLines {
    let invalid: Int
    let refused: Int
    let temporary: Int
    /// The file that holds all of them; nil where there is none.
    let file: String?
    /// The command that runs it.
    let run: String?

    var toCorrect: ReportVerdict.Task? {
        guard invalid + refused > 0 else { return nil }
        let which = [
            invalid > 0 ? "\(Counted.number(invalid)) refused before any call" : nil,
            refused > 0 ? "\(Counted.number(refused)) refused by the API" : nil,
        ].compactMap(\.self).joined(separator: ", ")
        return ReportVerdict.Task(
            title: "\(Counted.things(invalid + refused, "line")) to correct",
            remedy:
                "\(which). Each row says why in _reason: correct it there, then run that file; only its lines are sent."
                + (temporary > 0 && file != nil ? " \(eitherWay)" : ""),
            file: file, commands: [run].compactMap(\.self), isCostly: false)
    }

    func toSendAgain(in batch: String) -> ReportVerdict.Task? {
        guard temporary > 0 else { return nil }
        let warning = file.map { " \($0) holds them, too: run it, or this command, either, never both." } ?? ""
        return ReportVerdict.Task(
            title: "\(Counted.things(temporary, "line")) to send again",
            remedy: "All their attempts ended in faults of the API that pass. Send them again as they are.\(warning)",
            file: nil, commands: [Hint.rerun(batch: batch).commandLine], isCostly: false)
    }

    private var eitherWay: String {
        "It holds the \(Counted.things(temporary, "line")) to send again, too: send these by the command below before you "
            + "correct anything, and the file is written anew without those that are answered; or send them by running "
            + "the file. Either, never both: a line that is sent both ways is billed twice."
    }
}
