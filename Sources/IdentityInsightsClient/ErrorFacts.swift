internal import Basics
internal import IdentityInsights

/// What the API's error body says, without a value of a record: codes and field names only, and of these none that says
/// what the request says, for a gateway may put anything there.
struct ErrorFacts {
    let recoverable: Bool?
    let mentionsEncryption: Bool
    let reasonCode: String?
    let fieldNames: String?

    /// - Parameters:
    ///   - envelope: the error body.
    ///   - request: the request it answers.
    init(_ envelope: ErrorEnvelope, to request: [UInt8]) {
        let words = RecordWords(ofRequest: request)
        recoverable = envelope.recoverable
        mentionsEncryption = envelope.mentionsEncryption
        reasonCode = envelope.errors.compactMap(\.reasonCode).first { words.mayShow($0) }
        let names = envelope.errors.flatMap(\.fieldNames).filter { words.mayShow(path: $0) }
        fieldNames = names.isEmpty ? nil : names.joined(separator: ", ")
    }

    /// What happened, and for a request that could not be opened where to look.
    func text(status: Int) -> String {
        guard mentionsEncryption else { return "The API answered HTTP \(status)" }
        return "The API could not open the request (HTTP \(status)); compare the kid that \(Hint.doctor) shows "
            + "with the Client Encryption Key's fingerprint in the portal"
    }
}
