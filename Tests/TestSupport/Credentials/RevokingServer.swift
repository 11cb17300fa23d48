import COpenSSL
import Foundation

/// A TLS server on the loopback, by OpenSSL itself, that knows which client certificates were revoked and refuses those
/// with the alert for it. It answers nobody.
///
/// `@unchecked Sendable`: what it holds is set before its thread starts, and only read.
package final class RevokingServer: @unchecked Sendable {
    /// The port it listens on, on 127.0.0.1.
    package let port: Int
    private let context: OpaquePointer
    private let listener: Int32

    /// Starts a server.
    ///
    /// - Parameters:
    ///   - server: Its certificate.
    ///   - authority: Who issues clients' certificates.
    ///   - revoked: Those that are not valid any more.
    /// - Throws: What OpenSSL or the system refuses.
    package init(_ server: MadeCertificate, authority: MadeCertificate, revoked: [MadeCertificate]) throws {
        context = try made(SSL_CTX_new(TLS_server_method()))
        try done(SSL_CTX_use_certificate(context, server.pointer))
        try done(SSL_CTX_use_PrivateKey(context, server.key.pointer))
        let store = SSL_CTX_get_cert_store(context)
        try done(X509_STORE_add_cert(store, authority.pointer))
        let list = try authority.unownedRevocationList(revoking: revoked)
        defer { X509_CRL_free(list) }
        try done(X509_STORE_add_crl(store, list))
        try done(X509_STORE_set_flags(store, UInt(X509_V_FLAG_CRL_CHECK)))
        SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nil)
        (listener, port) = try Self.listen()
        Thread { [self] in serve() }.start()
    }

    deinit { SSL_CTX_free(context) }

    /// Stops listening.
    package func stop() {
        shutdown(listener, Int32(SHUT_RDWR))
    }

    private static func listen() throws -> (Int32, Int) {
        let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = in_addr_t(0x7F00_0001).bigEndian
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isListening = withUnsafeMutablePointer(to: &address) { address in
            address.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                bind(listener, address, size) == 0 && Foundation.listen(listener, 16) == 0
                    && getsockname(listener, address, &size) == 0
            }
        }
        guard isListening else { throw POSIXError(POSIXErrorCode(rawValue: errno) ?? .EIO) }
        return (listener, Int(UInt16(bigEndian: address.sin_port)))
    }

    private func serve() {
        defer { close(listener) }
        while true {
            let connection = accept(listener, nil, nil)
            guard connection >= 0 else { return }
            refuse(connection)
        }
    }

    /// The alert is lost if the connection is closed with something of the client's unread (RFC 1122 §4.2.2.13).
    private func refuse(_ connection: Int32) {
        let session = SSL_new(context)
        SSL_set_fd(session, connection)
        SSL_accept(session)
        ERR_clear_error()
        shutdown(connection, Int32(SHUT_WR))
        var rest = [UInt8](repeating: 0, count: 4_096)
        while read(connection, &rest, rest.count) > 0 {}
        SSL_free(session)
        close(connection)
    }
}
