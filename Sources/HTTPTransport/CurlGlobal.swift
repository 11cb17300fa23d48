import CCurl
import Glibc

/// What libcurl needs once per process.
enum CurlGlobal {
    /// Sets the process up on first use; false if libcurl could not be.
    ///
    /// `SSLKEYLOGFILE` would make libcurl write session secrets to a file; SIGPIPE must be ignored because
    /// `CURLOPT_NOSIGNAL` makes libcurl leave it alone (man 3 CURLOPT_NOSIGNAL).
    static let isReady: Bool = {
        unsetenv("SSLKEYLOGFILE")
        signal(SIGPIPE, SIG_IGN)
        return curl_global_init(Int(CURL_GLOBAL_SSL)) == CURLE_OK && TLSNotes.index >= 0
    }()
}
