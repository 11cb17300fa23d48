import Basics
import CCurl

/// Our certificate, its chain and key, and the authorities we trust: parsed once and shared with every connection.
///
/// As libcurl blobs they would be parsed for each connection and copied for each transfer.
///
/// `@unchecked Sendable`: nothing changes after `init`, and OpenSSL counts references atomically.
final class ConnectionCredentials: @unchecked Sendable {
    /// The leaf first.
    private let chain: [OpaquePointer]
    private let key: OpaquePointer?
    private let authorities: [OpaquePointer]

    /// Parses PEM; each part that is not given stays nil.
    init(chainPEM: [UInt8]?, keyPEM: [UInt8]?, caPEM: [UInt8]?) throws(HTTPTransportError) {
        chain = chainPEM.map(Self.certificates) ?? []
        key = keyPEM.flatMap(Self.privateKey)
        authorities = caPEM.map(Self.certificates) ?? []
        ERR_clear_error()  // the end of the last PEM is one
        guard chain.isEmpty == (chainPEM == nil), (key == nil) == (keyPEM == nil), authorities.isEmpty == (caPEM == nil)
        else { throw HTTPTransportError(.system, "A certificate or key could not be read: is its file damaged?") }
    }

    deinit {
        for certificate in chain + authorities { X509_free(certificate) }
        EVP_PKEY_free(key)
    }

    /// Sets a connection's context up; false if OpenSSL refused. libcurl has switched verification on, so that a context
    /// without an authority refuses every server.
    func lend(to context: OpaquePointer) -> Bool {
        keepBuffers(of: context)
        return lendIdentity(to: context)
            && authorities.allSatisfy { X509_STORE_add_cert(SSL_CTX_get_cert_store(context), $0) == 1 }
    }

    /// libcurl has OpenSSL free the buffers of a connection whenever they are empty, and so allocate 16 KiB anew for each
    /// record of TLS. A few connections that are seldom idle rather keep them (SSL_CTX_clear_mode is a macro for this, man 3
    /// SSL_CTX_set_mode).
    private func keepBuffers(of context: OpaquePointer) {
        SSL_CTX_ctrl(context, SSL_CTRL_CLEAR_MODE, Int(SSL_MODE_RELEASE_BUFFERS), nil)
    }

    private func lendIdentity(to context: OpaquePointer) -> Bool {
        guard let leaf = chain.first, let key else { return true }
        return SSL_CTX_use_certificate(context, leaf) == 1
            && chain.dropFirst().allSatisfy {
                // SSL_CTX_add1_chain_cert is a macro for this (man 3 SSL_CTX_add1_chain_cert).
                SSL_CTX_ctrl(context, SSL_CTRL_CHAIN_CERT, 1, UnsafeMutableRawPointer($0)) == 1
            }
            && SSL_CTX_use_PrivateKey(context, key) == 1
    }

    private static func certificates(_ pem: [UInt8]) -> [OpaquePointer] {
        read(pem) { source in
            var found: [OpaquePointer] = []
            while let next = PEM_read_bio_X509(source, nil, nil, nil) { found.append(next) }
            return found
        }
    }

    /// A key that needs a password is refused: there is no one to prompt.
    private static func privateKey(_ pem: [UInt8]) -> OpaquePointer? {
        read(pem) { PEM_read_bio_PrivateKey($0, nil, { _, _, _, _ in -1 }, nil) }
    }

    private static func read<Value>(_ pem: [UInt8], _ body: (OpaquePointer?) -> Value) -> Value {
        pem.withUnsafeBytes { bytes in
            let source = BIO_new_mem_buf(bytes.baseAddress, Int32(clamping: bytes.count))
            defer { BIO_free(source) }
            return body(source)
        }
    }
}

/// Checks URLs of a configuration with libcurl's own parser, which will read them again.
final class ConfiguredURL {
    private let handle: OpaquePointer

    /// The base URL without a trailing slash; only `https`, and nothing to which a request's path could not be
    /// appended.
    static func base(_ text: String) throws(HTTPTransportError) -> String {
        let rule = "The base URL must be an https URL with a host and without user, query or fragment."
        guard let url = ConfiguredURL(text), url.part(CURLUPART_SCHEME) == "https",
            url.part(CURLUPART_USER) == nil, url.part(CURLUPART_QUERY) == nil, url.part(CURLUPART_FRAGMENT) == nil
        else { throw HTTPTransportError(.baseURL, rule) }
        return text.hasSuffix("/") ? String(text.dropLast()) : text
    }

    /// The proxy's URL as given.
    static func proxy(_ text: String) throws(HTTPTransportError) -> String {
        guard let url = ConfiguredURL(text), ["http", "https"].contains(url.part(CURLUPART_SCHEME)) else {
            throw HTTPTransportError(.proxy, "The proxy must be an http or https URL with a host.")
        }
        return text
    }

    private init?(_ text: String) {
        guard let handle = curl_url() else { return nil }
        self.handle = handle
        guard curl_url_set(handle, CURLUPART_URL, text, 0) == CURLUE_OK else { return nil }
    }

    deinit { curl_url_cleanup(handle) }

    private func part(_ part: CURLUPart) -> String? {
        var text: UnsafeMutablePointer<CChar>?
        guard curl_url_get(handle, part, &text, 0) == CURLUE_OK, let text else { return nil }
        defer { curl_free(text) }
        return String(cString: text)
    }
}
