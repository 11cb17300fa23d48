import CCurl

/// Everything known about one attempt of a transfer once it ended. Interpreting it is pure.
struct TransferFacts {
    /// Why the prerequest callback stopped the attempt.
    enum Stop {
        /// A reused connection had something to read: it is about to end, and nothing was sent over it.
        case staleConnection
        /// libcurl was about to resend the request on its own.
        case secondSend
        /// The request's time was over.
        case tooLate
    }

    /// libcurl's result; nil while it has reported none.
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
    /// Whether only the end of the connection marks the end of the body, and TLS did not confirm that end.
    var isOpenEnded = false
    /// The TLS alert received, nil if none.
    var alert: Int?
    /// Whether the connection has carried an answer before this attempt.
    var isReused = false
    /// The proxy's status for CONNECT; 0 where there was no CONNECT.
    var proxyStatus = 0

    /// Whether any byte of the request may have left.
    var mayHaveLeft: Bool { reachedRequest && sentBytes > 0 }

    /// What the attempt means.
    enum Verdict: Equatable {
        case answered
        case failed(HTTPFailure.Kind)
        /// Nothing of the request left, and another connection will do.
        case sendOnFreshConnection
    }

    /// The verdict; `HTTPFailure.Kind` explains the kinds.
    var verdict: Verdict {
        if isCancelled || (stop == .tooLate && !mayHaveLeft) { return .failed(.cancelled) }
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

    /// Whether the connection has shown that our certificate is accepted: by an earlier answer or by part of this one.
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

/// libcurl's result codes (man 3 libcurl-errors), as far as the difference matters.
enum TransferEnd: Sendable {
    case done
    /// No name, no route, no listener, or the proxy's own failure.
    case unreachable
    case timedOut
    case handshake
    /// OpenSSL refused our certificate or key.
    case ourCertificate
    case theirCertificate
    /// The connection ended or failed.
    case cut
    /// The connection ended before the length announced.
    case short
    case other

    init(_ code: CURLcode) {
        self =
            switch code {
            case CURLE_OK: .done
            case CURLE_COULDNT_RESOLVE_PROXY, CURLE_COULDNT_RESOLVE_HOST, CURLE_COULDNT_CONNECT, CURLE_PROXY:
                .unreachable
            case CURLE_OPERATION_TIMEDOUT: .timedOut
            case CURLE_SSL_CONNECT_ERROR, CURLE_SSL_CIPHER, CURLE_USE_SSL_FAILED: .handshake
            case CURLE_SSL_CERTPROBLEM: .ourCertificate
            case CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_ISSUER_ERROR, CURLE_SSL_INVALIDCERTSTATUS,
                CURLE_SSL_CACERT_BADFILE, CURLE_SSL_CRL_BADFILE:
                .theirCertificate
            case CURLE_GOT_NOTHING, CURLE_SEND_ERROR, CURLE_RECV_ERROR: .cut
            case CURLE_PARTIAL_FILE: .short
            default: .other
            }
    }
}

/// What OpenSSL reports about one TLS connection while libcurl drives it.
///
/// libcurl reports a peer's alert only as text, and not in every phase; OpenSSL's info callback has its number
/// (man 3 SSL_CTX_set_info_callback). libcurl 7.88 makes one `SSL_CTX` per connection, which holds these notes.
final class TLSNotes {
    /// The last alert received other than close_notify, nil if none.
    private(set) var alert: Int?
    /// Whether the peer announced that it would send no more.
    private(set) var isCloseNotified = false

    /// Where an `SSL_CTX` keeps its notes; released with it.
    static let index = rollcall_ssl_ctx_new_index { _, notes, _, _, _, _ in
        guard let notes else { return }
        Unmanaged<TLSNotes>.fromOpaque(notes).release()
    }

    /// Reports the alerts that `context`'s connection receives to these notes.
    func observe(_ context: OpaquePointer) {
        let notes = Unmanaged.passRetained(self)
        guard SSL_CTX_set_ex_data(context, Self.index, notes.toOpaque()) == 1 else { return notes.release() }
        SSL_CTX_set_info_callback(context) { ssl, event, value in
            guard event & SSL_CB_ALERT != 0, event & SSL_CB_READ != 0 else { return }
            TLSNotes.of(ssl)?.noteAlert(value)
        }
    }

    private static func of(_ ssl: OpaquePointer?) -> TLSNotes? {
        guard let context = SSL_get_SSL_CTX(ssl), let notes = SSL_CTX_get_ex_data(context, index) else { return nil }
        return Unmanaged<TLSNotes>.fromOpaque(notes).takeUnretainedValue()
    }

    /// The value is level times 256 plus description, which is 0 for close_notify.
    private func noteAlert(_ value: Int32) {
        let description = Int(value & 0xFF)
        if description == 0 { isCloseNotified = true } else { alert = description }
    }
}
