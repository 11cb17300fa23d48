package import JSON

/// An answer of the API (openapi 0.2.2, `AccountOpeningInsights`), read as far as possible: it was billed, so it is not
/// discarded for faults of form.
package struct Answer: Sendable {
    /// The API's own identifier of the call, the same as the header `X-MC-Correlation-ID`; nil where the answer has none.
    package let requestRefID: String?
    /// What the API corrected or doubted in the request.
    package let warnings: [String]
    /// What the API could not do.
    package let alerts: [String]
    /// The whole answer, unknown leaves included; where its text breaks a rule of JSON, the part that could be read.
    package let document: JSONDocument
    /// The first rule of JSON that the text breaks, and where; nil where it breaks none.
    package let formFault: JSONError?
    /// Whether it holds any insight of `InsightColumns`, or a message of the API's.
    package let hasKnownLeaf: Bool

    private static let tree = InsightTree()

    /// The answer's insights: `user`, `ip`, `device`.
    package var insights: JSONNode { document.root["insights"] ?? document.root }

    /// Whether it can be taken for an answer of the API where nothing else shows that it is one: it has insights, or at
    /// least the member for them beside the call's identifier.
    package var fitsModel: Bool {
        hasKnownLeaf || (requestRefID != nil && document.root["insights"]?.kind == .object)
    }

    /// Reads an answer.
    ///
    /// - Parameter bytes: the decrypted answer.
    /// - Throws: `AnswerError` where the text is no JSON, or holds the API's error body.
    package init(parsing bytes: [UInt8]) throws(AnswerError) {
        (document, formFault) = try Self.read(bytes)
        let root = document.root
        guard root["Errors"]?.kind != .object else {
            throw AnswerError(reason: "it holds the API's error body")
        }
        let reference = root["requestRefId"]?.string ?? ""
        requestRefID = reference.isEmpty ? nil : reference
        warnings = Self.messages(root["warnings"])
        alerts = Self.messages(root["alerts"])
        hasKnownLeaf =
            !warnings.isEmpty || !alerts.isEmpty || root["insights"].map { Self.tree.findsAny(in: $0) } ?? false
    }

    /// Reads the text of an answer, strictly or else as far as possible.
    ///
    /// - Parameter bytes: the decrypted answer.
    /// - Returns: what it holds, and the first rule that it breaks.
    /// - Throws: `AnswerError` where it is no JSON.
    package static func read(_ bytes: [UInt8]) throws(AnswerError) -> (document: JSONDocument, fault: JSONError?) {
        do throws(JSONError) {
            return (try JSONDocument(parsing: bytes), nil)
        } catch {
            guard let document = JSONDocument(repairing: bytes) else { throw AnswerError(reason: error.description) }
            return (document, error)
        }
    }

    /// The strings of a list of messages; any other element as it is.
    private static func messages(_ node: JSONNode?) -> [String] {
        guard let node, !node.isNull else { return [] }
        let list = node.kind == .array ? Array(node.elements) : [node]
        return list.map { $0.string ?? String(decoding: $0.raw, as: UTF8.self) }
    }
}

/// A text that is not an answer of the API.
package struct AnswerError: Error, Sendable, Equatable, CustomStringConvertible {
    /// Why it is not one, without any part of it.
    package let reason: String

    /// One sentence saying why.
    package var description: String { "no answer of the API: \(reason)" }
}
