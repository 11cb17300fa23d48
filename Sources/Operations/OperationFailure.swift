import Basics
import Foundation
import IdentityInsightsClient
import Ingest
import RecordStore
import Results
import Settings

/// A command that cannot continue: the exit status, and what the user reads on standard error.
package struct OperationFailure: Error, Sendable, CustomStringConvertible {
    /// How the process ends.
    package let status: ExitStatus
    /// What is wrong and what to do; names files, lines, fields and rules, never a value of a record.
    package let message: String

    /// States how the process ends and why.
    package init(_ status: ExitStatus, _ message: String) {
        self.status = status
        self.message = message
    }

    package var description: String { message }
}

extension OperationFailure {
    /// What any module's error means for the process: its exit status, and the sentence the user reads.
    package init(_ error: any Error) {
        switch error {
        case let failure as OperationFailure: self = failure
        case let error as SettingsError: self.init(.configuration, error.description)
        case let error as CredentialError: self.init(.configuration, error.description)
        case let error as EndpointError: self.init(.configuration, error.message)
        case let error as InputError: self.init(.inputUnusable, error.description)
        case let error as StoreError where error.code == .heldByRestore:
            self.init(
                .unfinished, "\(error.message): \(Hint.resumeAfterRestore), which tells what may be paid twice")
        case let error as StoreError: self.init(Self.status(of: error.code), error.description)
        case let error as ResultError:
            self.init(
                .unfinished,
                "\(error); the answers are in the database, \(Hint.help(["export"])) says how to print them")
        case let error as CocoaError: self.init(error.filePath, "cannot be made or used", SystemFault(behind: error))
        default: self.init(.unfinished, "\(error)")
        }
    }

    private static func status(of code: StoreError.Code) -> ExitStatus {
        switch code {
        case .wrongEndpoint, .sealingKey, .keysFolder, .schemaVersion, .noDatabase, .notOffered, .settings, .moved:
            .configuration
        case .notFound: .usage
        case .takenIn, .purged: .inputUnusable
        case .heldByRestore, .notAllowed, .takenUp, .locked, .diskFull, .stateNotWritten, .notReadable, .damaged,
            .altered,
            .closed:
            .unfinished
        }
    }

    /// A file or folder that the settings name cannot be used.
    ///
    /// A service manager may start the program again after 3 and not after 78 (`RestartPreventExitStatus=`), so a fault
    /// that may pass without a change of settings is never 78.
    ///
    /// - Parameters:
    ///   - path: The file or folder, where it is known.
    ///   - complaint: What cannot be done.
    ///   - fault: What the system said, where that is known.
    init(_ path: String?, _ complaint: String, _ fault: SystemFault?) {
        let subject = path.map { "\($0): " } ?? ""
        if let fault, fault.maySubside {
            self.init(.unfinished, "\(subject)\(complaint); \(fault.advice) (\(fault.text))")
        } else {
            self.init(
                .configuration, "\(subject)\(complaint); correct the path in the settings, or its permissions")
        }
    }
}

/// How a command ends, as a number a script can act on. The numbers are a contract.
package enum ExitStatus: Int32, Sendable, CaseIterable {
    /// All records succeeded or were reused, or no more failed than the job's `accept` allows.
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
