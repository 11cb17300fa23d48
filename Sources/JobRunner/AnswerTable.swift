internal import RecordStore

/// What each answer means: DESIGN's table as one pure function.
public enum AnswerTable {
    /// The outcome of a reply.
    ///
    /// A status the table does not name is judged so that nobody pays twice: a 5xx with the API's own error body is
    /// transient, anything else that may have gone through is in doubt.
    ///
    /// - Parameters:
    ///   - reply: The facts of one call.
    ///   - requireEncryptedAnswers: Whether an unencrypted 200 halts the batch (`api.require_encrypted_answers`).
    /// - Returns: What the reply means.
    public static func outcome(of reply: Reply, requireEncryptedAnswers: Bool) -> Outcome {
        switch reply.facts {
        case .failed(let kind, let mayHaveLeft):
            return failure(kind, mayHaveLeft: mayHaveLeft)
        case .answered(let status, let body, let retryAfter):
            switch status {
            case 200: return success(body, requireEncryptedAnswers: requireEncryptedAnswers)
            case 201..<300: return Outcome(.undecipherable, billable: .yes)
            case 300..<500: return refusal(status, body, retryAfter)
            default: return serverError(status, body, retryAfter)
            }
        }
    }

    private static func success(_ body: Reply.Body, requireEncryptedAnswers: Bool) -> Outcome {
        switch body {
        case .answer: return Outcome(.succeeded, billable: .yes)
        case .plainAnswer where requireEncryptedAnswers:
            return Outcome(.undecipherable, billable: .yes, halt: .answersNotEncrypted)
        case .plainAnswer:
            return Outcome(.succeeded, billable: .yes, warning: "answer was not encrypted")
        case .undecipherable, .errors, .other: return Outcome(.undecipherable, billable: .yes)
        }
    }

    private static func refusal(_ status: Int, _ body: Reply.Body, _ retryAfter: RetryAfter?) -> Outcome {
        switch status {
        case 400: return badRequest(body, retryAfter)
        case 408: return Outcome(.inDoubt, billable: .unknown, gateSign: .trouble, retryAfter: retryAfter)
        case 425: return Outcome(.transient, retryAfter: retryAfter)
        case 429: return Outcome(.overloaded, isThrottled: true, retryAfter: retryAfter)
        default: return Outcome(.misconfigured, gateSign: .misconfigured)
        }
    }

    private static func badRequest(_ body: Reply.Body, _ retryAfter: RetryAfter?) -> Outcome {
        guard case .errors(let recoverable, let speaksOfEncryption) = body else {
            // nginx answers a missing or wrong client certificate with a 400 of its own.
            return Outcome(.misconfigured, gateSign: .misconfigured)
        }
        if speaksOfEncryption { return Outcome(.misconfigured, gateSign: .misconfigured) }
        return recoverable == true ? Outcome(.transient, retryAfter: retryAfter) : Outcome(.rejected)
    }

    private static func serverError(_ status: Int, _ body: Reply.Body, _ retryAfter: RetryAfter?) -> Outcome {
        let sign: Outcome.GateSign = retryAfter == nil ? .trouble : .answered
        if status == 503 {
            let kind: Outcome.Kind = retryAfter == nil ? .transient : .overloaded
            return Outcome(kind, isThrottled: true, gateSign: sign, retryAfter: retryAfter)
        }
        if status == 500 { return Outcome(.transient, gateSign: sign, retryAfter: retryAfter) }
        if case .errors = body, (501..<600).contains(status) {
            return Outcome(.transient, gateSign: sign, retryAfter: retryAfter)
        }
        return Outcome(.inDoubt, billable: .unknown, gateSign: .trouble, retryAfter: retryAfter)
    }

    private static func failure(_ kind: FailureKind, mayHaveLeft: Bool) -> Outcome {
        // Under TLS 1.3 the alert about our certificate comes after the body left: still misconfigured.
        if kind == .certificateRefused {
            return Outcome(.misconfigured, isAnswer: false, gateSign: .misconfigured)
        }
        // A call given up by this side says nothing about the other.
        let sign: Outcome.GateSign? = kind == .cancelled ? nil : .trouble
        if mayHaveLeft { return Outcome(.inDoubt, billable: .unknown, isAnswer: false, gateSign: sign) }
        return Outcome(.unsent, isAnswer: false, gateSign: sign)
    }
}
