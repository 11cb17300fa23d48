import CCurl

/// Owns a `CURLM *`.
///
/// `@unchecked Sendable`: after `init` only the loop's thread uses it, except for `wake()`, which libcurl allows from any
/// thread (man 3 curl_multi_wakeup) and `Inbox` calls under the lock that also guards `close()`.
final class MultiHandle: @unchecked Sendable {
    private let handle: UnsafeMutableRawPointer
    private var isOpen = true

    init(maximumConnections: Int) throws(HTTPTransportError) {
        guard CurlGlobal.isReady, let handle = curl_multi_init() else {
            throw HTTPTransportError(.system, "libcurl could not be started: see whether memory ran out.")
        }
        self.handle = handle
        _ = rollcall_multi_set_long(handle, CURLMOPT_MAXCONNECTS, maximumConnections)
        _ = rollcall_multi_set_long(handle, CURLMOPT_PIPELINING, Int(CURLPIPE_NOTHING))
    }

    deinit { close() }

    /// Closes all connections. All transfers must have been removed.
    func close() {
        if isOpen { curl_multi_cleanup(handle) }
        isOpen = false
    }

    /// Ends a `wait()` under way or to come.
    func wake() {
        curl_multi_wakeup(handle)
    }

    /// Starts a transfer; false if libcurl refused.
    func add(_ easy: EasyHandle) -> Bool {
        curl_multi_add_handle(handle, easy.handle) == CURLM_OK
    }

    /// Ends a transfer; its connection is closed unless the transfer was done.
    func remove(_ easy: EasyHandle) {
        curl_multi_remove_handle(handle, easy.handle)
    }

    /// Moves all transfers on as far as they go without waiting; false on an error of libcurl's own.
    func perform() -> Bool {
        var running: Int32 = 0
        return curl_multi_perform(handle, &running) == CURLM_OK
    }

    /// Waits for a socket, a timeout of libcurl's or `wake()`; false on an error of libcurl's own.
    func wait() -> Bool {
        // libcurl takes the smaller of this and its own next timeout.
        curl_multi_poll(handle, nil, 0, 60_000, nil) == CURLM_OK
    }

    /// The next transfer that is done, and its result.
    func nextDone() -> (EasyHandle, CURLcode)? {
        var left: Int32 = 0
        while let message = curl_multi_info_read(handle, &left) {
            guard message.pointee.msg == CURLMSG_DONE, let easy = EasyHandle.of(message.pointee.easy_handle) else {
                continue
            }
            return (easy, message.pointee.data.result)
        }
        return nil
    }
}
