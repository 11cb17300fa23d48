extension OpenSSLError {
    /// The one error of every message that does not open, whatever the cause: which one it was must not show.
    static var notAuthentic: OpenSSLError {
        refused(.notAuthentic, "The message does not open: it was changed, or sealed under another key")
    }
}
