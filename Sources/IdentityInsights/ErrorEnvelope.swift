import JSON

/// The API's error body, `{"Errors":{"Error":[…]}}` (openapi 0.2.2, `ErrorMessage`). What is not that came from something
/// else on the way: a gateway, a proxy.
public struct ErrorEnvelope: Sendable {
    /// The errors in the body's order, at least one.
    public let errors: [APIError]

    /// Reads an error body; nil if it is none.
    ///
    /// Takes `Error` as a single object too, and `Recoverable` however it is written, as gateways write them. A byte order
    /// mark before the body and other faults of form are no reason to take it for a gateway's.
    ///
    /// - Parameter bytes: the body as received.
    public init?(parsing bytes: [UInt8]) {
        guard let document = try? Answer.read(bytes).document, let list = document.root["Errors"]?["Error"] else {
            return nil  // no JSON, or JSON of something else
        }
        let nodes = list.kind == .array ? Array(list.elements) : [list]
        let errors = nodes.compactMap { APIError($0) }
        guard !errors.isEmpty, errors.count == nodes.count else { return nil }
        self.errors = errors
    }

    /// Whether sending the request again could help: true if any error says so, false if some say no and none yes,
    /// nil if none says anything.
    public var recoverable: Bool? {
        let words = errors.compactMap(\.recoverable)
        return words.isEmpty ? nil : words.contains(true)
    }

    /// Whether any error speaks of encryption.
    public var mentionsEncryption: Bool { errors.contains(where: \.mentionsEncryption) }
}
