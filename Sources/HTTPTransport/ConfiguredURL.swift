import CCurl

/// Checks URLs of a configuration with libcurl's own parser, which will read them again.
final class ConfiguredURL {
    private let handle: OpaquePointer

    /// The base URL without a slash at its end; only `https`, and nothing a request's path could not be appended to.
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
