import Foundation

/// The id of a call: `requestRefId` of the answer and `X-MC-Correlation-ID` of the response.
enum Correlation {
    static func new() -> String {
        UUID().uuidString.lowercased()
    }
}
