internal import Basics
internal import IdentityInsights

/// What the API's error body says, without a value of a record: codes and field names only.
struct ErrorFacts {
    let recoverable: Bool?
    let speaksOfEncryption: Bool
    let reasonCode: String?
    let fieldNames: String?

    init(_ envelope: ErrorEnvelope) {
        recoverable = envelope.recoverable
        speaksOfEncryption = envelope.speaksOfEncryption
        reasonCode = envelope.errors.lazy.compactMap(\.reasonCode).first
        let names = envelope.errors.flatMap(\.fieldNames)
        fieldNames = names.isEmpty ? nil : names.joined(separator: ", ")
    }

    /// What happened, and for a request that could not be opened where to look.
    func text(status: Int) -> String {
        guard speaksOfEncryption else { return "The API answered HTTP \(status)" }
        return "The API could not open the request (HTTP \(status)); compare the kid that \(Hint.doctor) shows "
            + "with the Client Encryption Key's fingerprint in the portal"
    }
}
