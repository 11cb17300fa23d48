import Foundation
import IdentityInsightsClient
import Ingest
import RecordStore
import Results
import Settings

extension OperationFailure {
    /// What any room's error means for the process: its exit status, and the sentence the user reads.
    public init(_ error: any Error) {
        switch error {
        case let failure as OperationFailure: self = failure
        case let error as SettingsError: self.init(.configuration, error.description)
        case let error as CredentialError: self.init(.configuration, error.description)
        case let error as EndpointError: self.init(.configuration, error.message)
        case let error as InputError: self.init(.inputUnusable, error.description)
        case let error as StoreError: self.init(Self.status(of: error.code), error.description)
        case let error as ResultError:
            self.init(.unfinished, "\(error); the answers are in the database, 'rollcall export BATCH' prints them")
        case let error as CocoaError:
            let path = error.filePath.map { "\($0): " } ?? ""
            self.init(
                .configuration, "\(path)cannot be made or used; correct the path in the settings, or its permissions")
        default: self.init(.unfinished, "\(error)")
        }
    }

    private static func status(of code: StoreError.Code) -> ExitStatus {
        switch code {
        case .wrongEndpoint, .sealingKey, .schemaVersion, .noDatabase, .damaged: .configuration
        case .notFound: .usage
        case .takenIn: .inputUnusable
        case .notAllowed, .locked, .stateNotWritten, .closed: .unfinished
        }
    }
}
