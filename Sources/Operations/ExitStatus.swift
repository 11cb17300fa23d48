import RecordStore
import Settings

/// How a command ends, as a number a script can act on. The numbers are a contract.
package enum ExitStatus: Int32, Sendable, CaseIterable {
    /// All records succeeded or were reused.
    case succeeded = 0
    /// Finished; some records failed or are invalid.
    case finishedWithFailures = 2
    /// Halted, paused, waiting or refused before finishing.
    case unfinished = 3
    /// Finished; some records are in doubt, whatever else.
    case finishedInDoubt = 4
    /// The command line is wrong (`EX_USAGE` of sysexits).
    case usage = 64
    /// An input file cannot be used (`EX_DATAERR`).
    case inputUnusable = 65
    /// Settings, keys or the database's binding are wrong (`EX_CONFIG`).
    case configuration = 78

    /// What it means, for the help and docs/results.md.
    package var about: String {
        switch self {
        case .succeeded: "all lines succeeded or were reused, or as many as the job's accept allows"
        case .finishedWithFailures: "finished, some failed or invalid"
        case .unfinished: "halted, stopped, waiting or refused before finishing: run the same command again to continue"
        case .finishedInDoubt: "finished, some in doubt"
        case .usage: "the command line is wrong"
        case .inputUnusable: "an input cannot be used"
        case .configuration: "settings, keys or the database do not fit"
        }
    }

    /// All of them on a line, for the help.
    package static var sentence: String {
        let codes = allCases.map { "\($0.rawValue) \($0.about)" }.joined(separator: "; ")
        return "Exit codes: \(codes)."
    }

    /// All of them as a table in Markdown.
    static var markdown: String {
        "| code | meaning |\n|---|---|\n" + allCases.map { "| \($0.rawValue) | \($0.about) |\n" }.joined()
    }

    /// The one status that speaks for several batches: unfinished beats in doubt beats failures.
    package static func combined(_ statuses: [ExitStatus]) -> ExitStatus {
        let gravest: [ExitStatus] = [
            .configuration, .inputUnusable, .usage, .unfinished, .finishedInDoubt, .finishedWithFailures,
        ]
        return gravest.first(where: statuses.contains) ?? .succeeded
    }
}

/// What a batch's end means for the exit status. Pure rules.
enum ExitStatusPolicy {
    /// The status of a batch all of whose records have a final status.
    ///
    /// - Parameters:
    ///   - counts: The batch's counters.
    ///   - accept: The shares of lines that may fail, or be invalid, in a success.
    /// - Returns: The exit code.
    static func status(of counts: BatchCounts, accepting accept: JobDefinition.Accept) -> ExitStatus {
        guard counts.isExhausted else { return .unfinished }
        if counts.inDoubt > 0 { return .finishedInDoubt }
        let isWithin =
            !accept.failed.isExceeded(by: counts.failed, of: counts.total)
            && !accept.invalid.isExceeded(by: counts.invalid, of: counts.total)
        return isWithin && counts.cancelled == 0 ? .succeeded : .finishedWithFailures
    }
}
