/// Neutral facts about one call: everything the answer table reads, independent of any HTTP library.
package struct Reply: Sendable {
    /// An answer whose text could be read.
    package struct Answer: Sendable, Equatable {
        /// The text, decrypted, as it came.
        package var bytes: [UInt8]
        /// Whether it came encrypted.
        package var isEncrypted: Bool
        /// The rule of JSON that the text breaks, and where, without a value; nil where it breaks none.
        package var formFault: String?
        /// Whether it holds any insight or message that this version knows.
        package var hasKnownLeaf: Bool

        /// An answer, by default one as the API gives it.
        package init(
            _ bytes: [UInt8], isEncrypted: Bool = true, formFault: String? = nil, hasKnownLeaf: Bool = true
        ) {
            self.bytes = bytes
            self.isEncrypted = isEncrypted
            self.formFault = formFault
            self.hasKnownLeaf = hasKnownLeaf
        }

        /// What an operator should know about an answer that is accepted nevertheless; nil where there is nothing.
        package var warning: String? {
            let warnings = [
                isEncrypted ? nil : "answer was not encrypted",
                formFault.map { "answer kept as text, for its JSON is at fault: \($0)" },
                hasKnownLeaf ? nil : "answer holds no insight that this version knows",
            ].compactMap { $0 }
            return warnings.isEmpty ? nil : warnings.joined(separator: "; ")
        }
    }

    /// What came back as a body, as far as it matters for the outcome.
    package enum Body: Sendable {
        /// An answer whose text could be read.
        case answer(Answer)
        /// Does not decrypt, is no JSON once decrypted, or holds an error body; the bytes as they came, kept for `rerun`.
        case undecipherable([UInt8])
        /// The API's own error body. `recoverable` is true when any of its errors says so, nil when none says anything.
        case errors(recoverable: Bool?, mentionsEncryption: Bool)
        /// Nothing at all.
        case empty
        /// Longer than the cap on answers.
        case oversized
        /// Anything else: HTML, another shape of JSON.
        case other
    }

    /// How the call ended.
    package enum Facts: Sendable {
        /// An HTTP answer came back whole, or so far that its status is known and its body too large.
        case answered(status: Int, body: Body, retryAfter: RetryAfter?)
        /// No whole answer came; `mayHaveLeft` says whether any byte of the request may have left this machine.
        case failed(kind: FailureKind, mayHaveLeft: Bool)
    }

    /// How the call ended.
    package var facts: Facts
    /// The answer's `X-MC-Correlation-ID`.
    package var correlationID: String?
    /// The answer's `requestRefId`.
    package var requestRefID: String?
    /// The reason code of the API's first error.
    package var reasonCode: String?
    /// One sentence on what went wrong, holding no value of a record.
    package var errorText: String?
    /// What the error's details name, as field paths; no values.
    package var details: String?
    /// Whether the answer itself brought warnings or alerts.
    package var hasWarnings: Bool
    /// Time from handing the request over until the call ended.
    package var duration: Duration

    /// Collects the facts of one call.
    package init(
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
        case .answer(let answer): answer.bytes
        case .undecipherable(let bytes): bytes
        case .errors, .empty, .oversized, .other: nil
        }
    }
}

/// Why a call ended without an answer; the raw value is the cause as stored in the ledger.
package enum FailureKind: String, Sendable, CaseIterable {
    /// No connection could be made: name not found, refused, no route, timed out while connecting.
    case couldNotConnect = "could_not_connect"
    /// The proxy refuses to connect us (403, 407 to CONNECT).
    case proxyRefused = "proxy_refused"
    /// The TLS handshake failed for a reason that is neither side's certificate.
    case tlsHandshake = "tls_handshake"
    /// The other side refused our certificate (TLS alerts 40–49, 51 and 116) on a connection that never answered.
    case certificateRefused = "certificate_refused"
    /// The same on a connection that had answered before.
    case certificateRefusedLater = "certificate_refused_later"
    /// We refuse the other side's certificate: its name, its issuer or its dates.
    case serverCertificate = "server_certificate"
    /// The connection was closed or reset before the answer was whole.
    case reset
    /// No whole answer within the request's time limit.
    case timedOut = "timed_out"
    /// The answer ended short of what it announced.
    case truncated
    /// The answer's header was larger than allowed.
    case oversized
    /// This side gave the call up, because the run is being abandoned.
    case cancelled
    /// Anything else.
    case other
}
