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
