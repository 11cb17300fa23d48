import IdentityInsightsClient
import Ingest
import RecordStore
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
        default: self.init(.unfinished, "\(error)")
        }
    }

    private static func status(of code: StoreError.Code) -> ExitStatus {
        switch code {
        case .wrongEndpoint, .sealingKey, .schemaVersion, .noDatabase: .configuration
        case .notFound, .notAllowed: .usage
        case .locked, .stateNotWritten, .damaged, .closed: .unfinished
        }
    }
}
