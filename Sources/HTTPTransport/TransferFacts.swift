/// All that is known of one try of a transfer once it ended. Deciding what it means is pure.
struct TransferFacts {
    /// Why the prerequest callback stopped the try.
    enum Stop {
        /// A reused connection had something to read: it is about to end, and nothing was sent over it.
        case staleConnection
        /// libcurl was about to send the request once more by itself.
        case secondSend
    }

    /// What libcurl says; nil while it has said nothing.
    var end: TransferEnd?
    var isCancelled = false
    /// Whether libcurl got as far as being about to send the request.
    var reachedRequest = false
    var stop: Stop?
    /// Bytes of the request handed to the connection.
    var sentBytes = 0
    var headerBytes = 0
    var headerEnded = false
    var isOversized = false
    /// Whether nothing but the connection's end says where the body ends, and TLS did not say that this was its end.
    var isOpenEnded = false
    /// The TLS alert received, nil if none.
    var alert: Int?
    /// Whether the connection has carried an answer before this try.
    var isReused = false
    /// What a proxy answered to CONNECT; 0 where none was asked.
    var proxyStatus = 0

    /// Whether any byte of the request may have left.
    var mayHaveLeft: Bool { reachedRequest && sentBytes > 0 }

    /// What the try means.
    enum Verdict: Equatable {
        case answered
        case failed(HTTPFailure.Kind)
        /// Nothing of the request left, and another connection will do.
        case sendOnFreshConnection
    }

    /// The verdict; see `HTTPFailure.Kind` for the words.
    var verdict: Verdict {
        if isCancelled { return .failed(.cancelled) }
        if stop != nil { return mayHaveLeft ? .failed(.reset) : .sendOnFreshConnection }
        if isOversized { return .failed(.oversized) }
        if end == .done { return headerEnded && !isOpenEnded ? .answered : .failed(.truncated) }
        if let alert, Self.isAboutOurCertificate(alert) {
            return .failed(hasAnswered ? .certificateRefusedLater : .certificateRefused)
        }
        return .failed(reachedRequest ? kindAfterConnecting : kindWhileConnecting)
    }

    /// RFC 8446 §6.2: handshake_failure to access_denied, decrypt_error, certificate_required.
    private static func isAboutOurCertificate(_ alert: Int) -> Bool {
        (40...49).contains(alert) || alert == 51 || alert == 116
    }

    /// Whether the connection has shown that our certificate will do: by an earlier answer or by part of this one.
    private var hasAnswered: Bool { isReused || headerBytes > 0 }

    private var kindWhileConnecting: HTTPFailure.Kind {
        if [403, 407].contains(proxyStatus) { return .proxyRefused }
        switch end {
        case .unreachable, .timedOut, .cut: return .couldNotConnect
        case .handshake: return .tlsHandshake
        case .ourCertificate: return .certificateRefused
        case .theirCertificate: return .serverCertificate
        case .done, .short, .other, nil: return .other
        }
    }

    private var kindAfterConnecting: HTTPFailure.Kind {
        switch end {
        case .timedOut: .timedOut
        case .short: .truncated
        case .cut: headerBytes > 0 ? .truncated : .reset
        default: .other
        }
    }
}
