/// Neutral facts about one call: all that the answer table reads, without a word of HTTP libraries in it.
public struct Reply: Sendable {
    /// What came back as a body, as far as it matters for the outcome.
    public enum Body: Sendable {
        /// Decrypted and fitting the answer model; the plaintext's bytes.
        case answer([UInt8])
        /// Fits the answer model but was not encrypted; the bytes as they came.
        case plainAnswer([UInt8])
        /// Does not decrypt, or does not fit the answer model once decrypted; the bytes as they came, kept for `rerun`.
        case undecipherable([UInt8])
        /// The API's own error body. `recoverable` is true when any of its errors says so, nil when none says anything.
        case errors(recoverable: Bool?, speaksOfEncryption: Bool)
        /// Anything else: empty, HTML, another shape of JSON.
        case other
    }

    /// How the call ended.
    public enum Facts: Sendable {
        /// An HTTP answer came back whole.
        case answered(status: Int, body: Body, retryAfter: RetryAfter?)
        /// No whole answer came; `mayHaveLeft` says whether any byte of the request may have left this machine.
        case failed(kind: FailureKind, mayHaveLeft: Bool)
    }

    /// How the call ended.
    public var facts: Facts
    /// The answer's `X-MC-Correlation-ID`.
    public var correlationID: String?
    /// The answer's `requestRefId`.
    public var requestRefID: String?
    /// The reason code of the API's first error.
    public var reasonCode: String?
    /// One sentence on what went wrong, holding no value of a record.
    public var errorText: String?
    /// What the error's details name, as field paths; no values.
    public var details: String?
    /// Whether the answer brought warnings or alerts of its own.
    public var hasWarnings: Bool
    /// Time from handing the request over until the call ended.
    public var duration: Duration

    /// Collects the facts of one call.
    public init(
        _ facts: Facts, correlationID: String? = nil, requestRefID: String? = nil, reasonCode: String? = nil,
        errorText: String? = nil, details: String? = nil, hasWarnings: Bool = false, duration: Duration = .zero
    ) {
        self.facts = facts
        self.correlationID = correlationID
        self.requestRefID = requestRefID
        self.reasonCode = reasonCode
        self.errorText = errorText
        self.details = details
        self.hasWarnings = hasWarnings
        self.duration = duration
    }
}

extension Reply {
    /// The facts as the ledger keeps them, side by side: status and bytes worth keeping when an answer came, the
    /// failure when none did.
    var parts: (status: Int?, keptBytes: [UInt8]?, failure: FailureKind?) {
        switch facts {
        case .answered(let status, let body, _): (status, body.keptBytes, nil)
        case .failed(let kind, _): (nil, nil, kind)
        }
    }
}

extension Reply.Body {
    /// The bytes worth keeping sealed: an answer, or what could not be deciphered.
    fileprivate var keptBytes: [UInt8]? {
        switch self {
        case .answer(let bytes), .plainAnswer(let bytes), .undecipherable(let bytes): bytes
        case .errors, .other: nil
        }
    }
}
