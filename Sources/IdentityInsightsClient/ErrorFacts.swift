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
        reasonCode = envelope.errors.lazy.compactMap(\.reasonCode).first.flatMap { CorrelationID(received: $0)?.text }
        let names = envelope.errors.flatMap(\.fieldNames)
        fieldNames = names.isEmpty ? nil : names.joined(separator: ", ")
    }
}
