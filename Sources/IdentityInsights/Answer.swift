public import JSON

/// An answer that fits the API's model (openapi 0.2.2, `AccountOpeningInsights`), whatever else it holds.
public struct Answer: Sendable {
    /// The API's own identifier of the call, the same as the header `X-MC-Correlation-ID`.
    public let requestRefID: String
    /// What the API corrected or doubted in the request.
    public let warnings: [String]
    /// What the API could not do.
    public let alerts: [String]
    /// The whole answer, unknown leaves included.
    public let document: JSONDocument

    /// The answer's insights: `user`, `ip`, `device`.
    public var insights: JSONNode { document.root["insights"] ?? document.root }

    /// Reads an answer.
    ///
    /// `requestRefId` and `insights` with `user` and `ip` are required. Where the API says in `alerts` that it could
    /// not generate insights, `user` and `ip` may be absent or null: such an answer was billed all the same.
    ///
    /// - Parameter bytes: the decrypted answer.
    /// - Throws: `AnswerError` saying what does not fit.
    public init(parsing bytes: [UInt8]) throws(AnswerError) {
        do {
            document = try JSONDocument(parsing: bytes)
        } catch {
            throw AnswerError(reason: error.description)
        }
        guard let reference = document.root["requestRefId"]?.string, !reference.isEmpty else {
            throw AnswerError(reason: "requestRefId is missing or no string")
        }
        requestRefID = reference
        warnings = Self.messages(document.root["warnings"])
        alerts = Self.messages(document.root["alerts"])
        try Self.requireInsights(document.root["insights"], mayLack: !alerts.isEmpty)
    }

    private static func requireInsights(_ insights: JSONNode?, mayLack: Bool) throws(AnswerError) {
        guard let insights, insights.kind == .object else {
            throw AnswerError(reason: "insights is missing or no object")
        }
        for name in ["user", "ip", "device"] {
            let part = insights[name]
            let isAbsent = part.map(\.isNull) ?? true
            let mayBeAbsent = mayLack || name == "device"
            guard part?.kind == .object || (isAbsent && mayBeAbsent) else {
                throw AnswerError(reason: "insights.\(name) is missing or no object")
            }
        }
    }

    /// The strings of a list of messages; anything else in it as it stands, since a billed answer is never thrown
    /// away for a message of an unexpected form.
    private static func messages(_ node: JSONNode?) -> [String] {
        guard let node, !node.isNull else { return [] }
        let list = node.kind == .array ? Array(node.elements) : [node]
        return list.map { $0.string ?? String(decoding: $0.raw, as: UTF8.self) }
    }
}
