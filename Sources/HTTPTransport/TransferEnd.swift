import CCurl

/// libcurl's result codes (man 3 libcurl-errors), as far as the difference matters.
enum TransferEnd: Sendable {
    case done
    /// No name, no route, nobody listening, or the proxy's own trouble.
    case unreachable
    case timedOut
    case handshake
    /// OpenSSL would not use our certificate or key.
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
