import CCurl

/// The options that are the same for every request, and the typed ways to set one.
extension EasyHandle {
    /// Sets everything that never changes.
    func setConstantOptions(errorText: ErrorText) throws(HTTPTransportError) {
        try Self.check(rollcall_easy_set_pointer(handle, CURLOPT_ERRORBUFFER, errorText.buffer))
        try setProtocolOptions()
        try setTLSOptions()
        try setConnectionOptions()
    }

    private func setProtocolOptions() throws(HTTPTransportError) {
        try set(CURLOPT_PROTOCOLS_STR, "https")
        // HTTP/2 fails a few requests in a thousand with libcurl 7.88.
        try set(CURLOPT_HTTP_VERSION, Int(CURL_HTTP_VERSION_1_1))
        try set(CURLOPT_FOLLOWLOCATION, 0)
        try set(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1)
        try set(CURLOPT_DISALLOW_USERNAME_IN_URL, 1)
    }

    private func setTLSOptions() throws(HTTPTransportError) {
        try set(CURLOPT_SSLVERSION, Int(CURL_SSLVERSION_TLSv1_2))
        try set(CURLOPT_SSL_VERIFYPEER, 1)
        try set(CURLOPT_SSL_VERIFYHOST, 2)
        guard options.hasOwnAuthorities else { return }
        // Nothing of the system's; each connection gets its authorities from the credentials.
        try Self.check(rollcall_easy_set_string(handle, CURLOPT_CAINFO, nil))
        try Self.check(rollcall_easy_set_string(handle, CURLOPT_CAPATH, nil))
    }

    private func setConnectionOptions() throws(HTTPTransportError) {
        try set(CURLOPT_NOSIGNAL, 1)
        // Empty: nothing from the environment.
        try set(CURLOPT_PROXY, options.proxy)
        try set(CURLOPT_NOPROXY, "")
        // The loop sees to the request timeout: libcurl would look at the clock before it looks at the socket.
        try set(CURLOPT_TIMEOUT_MS, 0)
        try set(CURLOPT_CONNECTTIMEOUT_MS, options.connectTimeoutMilliseconds)
        try set(CURLOPT_MAXAGE_CONN, options.maximumIdleSeconds)
        // A resolver thread that hangs is left behind instead of waited for, which would stop every other transfer.
        try set(CURLOPT_QUICK_EXIT, 1)
    }

    /// Sets a number.
    func set(_ option: CURLoption, _ value: Int) throws(HTTPTransportError) {
        try Self.check(rollcall_easy_set_long(handle, option, value))
    }

    /// Sets a text, which libcurl copies.
    func set(_ option: CURLoption, _ value: String) throws(HTTPTransportError) {
        try Self.check(rollcall_easy_set_string(handle, option, value))
    }

    /// Turns a refusal of libcurl's into an error.
    static func check(_ code: CURLcode) throws(HTTPTransportError) {
        guard code != CURLE_OK else { return }
        throw HTTPTransportError(
            .system,
            "libcurl refused an option (\(String(cString: curl_easy_strerror(code)))): use libcurl 7.88 or later.")
    }
}
