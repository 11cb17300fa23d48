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
    ///   - resolvedByHand: How many of its failed lines an operator has given up: nothing is left to be done about them.
    ///   - folder: Where its files are, for the commands.
    init(_ summary: BatchSummary, resolvedByHand: Int = 0, folder: String) {
        var summary = summary
        summary.records.failed -= resolvedByHand
        let records = summary.records
        let answered = records.succeeded + records.reused
        let toCorrect = records.failed + records.invalid
        var parts = [
            answered == records.total
                ? "All \(Counted.things(records.total, "line")) answered"
                : "\(Counted.number(answered)) of \(Counted.things(records.total, "line")) answered"
        ]
        if records.total == 0 { parts = ["The file has no lines"] }
        if toCorrect > 0 { parts.append("\(Counted.number(toCorrect)) to correct") }
        if records.inDoubt > 0 { parts.append("\(Counted.number(records.inDoubt)) to decide") }
        if records.cancelled > 0 { parts.append("\(Counted.number(records.cancelled)) not sent") }
        if resolvedByHand > 0 { parts.append("\(Counted.number(resolvedByHand)) given up") }
        let waiting = records.queued + records.inFlight
        if waiting > 0 { parts.append("\(Counted.number(waiting)) waiting") }
        sentence = parts.joined(separator: "; ")
        let names = summary.files.map(\.name)
        func file(_ kind: ReturnFile.Kind) -> String? { names.first { $0.hasPrefix("\(kind.rawValue).") } }
        tasks = [
            Self.correct(summary, file(.failed), in: folder), Self.decide(summary, file(.inDoubt)),
            Self.send(summary, file(.cancelled), in: folder), Self.goOn(summary, waiting),
        ].compactMap(\.self)
        kind = tasks.isEmpty ? "good" : "open"
    }

    private static func correct(_ summary: BatchSummary, _ file: String?, in folder: String) -> Task? {
        let (failed, invalid) = (summary.records.failed, summary.records.invalid)
        guard failed + invalid > 0 else { return nil }
        let which = [
            invalid > 0 ? "\(Counted.number(invalid)) refused before any call" : nil,
            failed > 0 ? "\(Counted.number(failed)) refused by the API, or out of attempts" : nil,
        ].compactMap(\.self).joined(separator: ", ")
        var commands = file.map { [run("\(folder)/\($0)", under: summary)] } ?? []
        if failed > 0 { commands.append(Hint.rerun(batch: summary.batch.name).commandLine) }
        return Task(
            title: "\(Counted.things(failed + invalid, "line")) to correct",
            remedy:
                "\(which). Each row says why in _reason: correct it there, then run that file; only its lines are sent."
                + (failed > 0 ? " The second command sends the failed ones again as they are." : ""),
            file: file, commands: commands, isCostly: false)
    }

    private static func decide(_ summary: BatchSummary, _ file: String?) -> Task? {
        let count = summary.records.inDoubt
        guard count > 0 else { return nil }
        let batch = summary.batch.name
        return Task(
            title: "\(Counted.things(count, "line")) to decide",
            remedy:
                "Sent, or maybe sent, and no answer was recorded: they may have been billed. The first command sends "
                + "them again, which may pay twice; the second gives them up. Do not run the file: it is for reading.",
            file: file,
            commands: [
                Hint.rerun(batch: batch, status: "in_doubt", agreed: true).commandLine,
                Hint.resolve(batch: batch, decision: "failed").commandLine,
            ], isCostly: true)
    }

    private static func send(_ summary: BatchSummary, _ file: String?, in folder: String) -> Task? {
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
    private static func run(_ file: String, under summary: BatchSummary) -> String {
        Hint.run(files: [file], job: summary.batch.job == "default" ? nil : summary.batch.job).commandLine
    }
}
