import CCurl
import Glibc

/// Owns a `CURLM *` and advances its transfers as their sockets become ready.
///
/// libcurl's socket interface touches only transfers that have something to do; `curl_multi_poll` with
/// `curl_multi_perform` polls every transfer under way each time, which at 1,000 requests a second costs more than TLS
/// does.
///
/// Used on the loop's thread only.
final class MultiHandle {
    private let handle: UnsafeMutableRawPointer
    private let events: EventQueue
    /// The sockets of all connections.
    let sockets = SocketRegistry()
    /// When libcurl is to be called even though no socket is ready; nil: never.
    private var dueAt: ContinuousClock.Instant?
    /// The first failure that could not be reported where it happened; `advance` throws it.
    private var fault: String?

    init(events: EventQueue, maximumConnections: Int) throws(HTTPTransportError) {
        guard CurlGlobal.isReady, let handle = curl_multi_init() else {
            throw .broken("libcurl could not be started")
        }
        self.handle = handle
        self.events = events
        let context = Unmanaged.passUnretained(self).toOpaque()
        try Self.check(rollcall_multi_set_socket(handle, Self.socketWanted, context))
        try Self.check(rollcall_multi_set_timer(handle, Self.timerWanted, context))
        try Self.check(rollcall_multi_set_long(handle, CURLMOPT_MAXCONNECTS, maximumConnections))
        try Self.check(rollcall_multi_set_long(handle, CURLMOPT_PIPELINING, Int(CURLPIPE_NOTHING)))
    }

    /// Closes all connections, which calls back into `events` and `sockets`. All transfers must have been removed.
    deinit { curl_multi_cleanup(handle) }

    /// Starts a transfer; false if libcurl refused.
    func add(_ easy: EasyHandle) -> Bool {
        curl_multi_add_handle(handle, easy.handle) == CURLM_OK
    }

    /// Ends a transfer; its connection is closed unless the transfer was done.
    func remove(_ easy: EasyHandle) {
        note(curl_multi_remove_handle(handle, easy.handle))
    }

    /// Waits until there is work, `EventQueue.wake()` is called or the deadline has come, and does the work; throws
    /// what failed meanwhile or since the last call.
    func advance(until deadline: SuspendingClock.Instant? = nil) throws(HTTPTransportError) {
        try throwFault()  // before a wait for a socket that is not watched
        takeEvents(milliseconds: millisecondsUntilDue(or: deadline))
        try throwFault()
        if let dueAt, dueAt <= .now {
            self.dueAt = nil  // libcurl sets the next one while it acts
            act(CURL_SOCKET_TIMEOUT, 0)
        }
        try throwFault()
    }

    /// Does the work there is without waiting; false where no socket was ready. Throws as `advance` does.
    func takeWhatIsThere() throws(HTTPTransportError) -> Bool {
        try throwFault()
        let count = takeEvents(milliseconds: 0)
        try throwFault()
        return count > 0
    }

    /// Waits for ready sockets and lets libcurl act on them; returns how many there were.
    @discardableResult
    private func takeEvents(milliseconds: Int32) -> Int {
        var count = 0
        let isWaitFine = events.wait(milliseconds: milliseconds) { descriptor, events in
            count += 1
            if sockets[descriptor]?.isIdle == true {
                forget(descriptor)
            } else {
                act(descriptor, Self.selectMask(events))
            }
        }
        if !isWaitFine { noteErrno("epoll_wait") }
        return count
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

    private func act(_ socket: curl_socket_t, _ mask: Int32) {
        var running: Int32 = 0
        note(curl_multi_socket_action(handle, socket, mask, &running))
    }

    private func note(_ code: CURLMcode) {
        if code != CURLM_OK, fault == nil { fault = String(cString: curl_multi_strerror(code)) }
    }

    private func noteErrno(_ call: String) {
        let code = errno
        if fault == nil { fault = "\(call): \(String(cString: strerror(code)))" }
    }

    private func throwFault() throws(HTTPTransportError) {
        if let fault { throw .broken(fault) }
    }

    private static func check(_ code: CURLMcode) throws(HTTPTransportError) {
        guard code != CURLM_OK else { return }
        throw .broken(String(cString: curl_multi_strerror(code)))
    }

    /// Until libcurl is to be called or the deadline has come; -1: for ever. Rounded up, so that the time has come when
    /// the wait ends.
    private func millisecondsUntilDue(or deadline: SuspendingClock.Instant?) -> Int32 {
        var wait = dueAt.map { $0 - .now }
        if let left = deadline.map({ $0 - .now }) { wait = min(wait ?? left, left) }
        guard let wait else { return -1 }
        let (seconds, attoseconds) = wait.components
        guard seconds < 1_000_000 else { return 1_000_000_000 }
        return Int32(clamping: max(0, seconds * 1000 + (attoseconds + 999_999_999_999_999) / 1_000_000_000_000_000))
    }

    private static func selectMask(_ events: UInt32) -> Int32 {
        var mask: Int32 = 0
        if events & (EPOLLIN.rawValue | EPOLLHUP.rawValue) != 0 { mask |= CURL_CSELECT_IN }
        if events & EPOLLOUT.rawValue != 0 { mask |= CURL_CSELECT_OUT }
        if events & EPOLLERR.rawValue != 0 { mask |= CURL_CSELECT_ERR }
        return mask
    }

    /// libcurl passes what `curl_multi_assign` stored for a socket: nothing for one not seen before.
    private static let socketWanted: curl_socket_callback = { _, socket, what, context, known in
        guard let context else { return -1 }
        let multi = Unmanaged<MultiHandle>.fromOpaque(context).takeUnretainedValue()
        multi.want(socket, what, isNew: known == nil)
        return 0  // what failed is noted and ends the loop; -1 would have libcurl end the transfers with another reason
    }

    /// Records which events libcurl waits for on a socket: `CURL_POLL_IN` and so on.
    func want(_ socket: curl_socket_t, _ what: Int32, isNew: Bool) {
        guard what != CURL_POLL_REMOVE else { return leave(socket) }
        let input = what == CURL_POLL_OUT ? 0 : EPOLLIN.rawValue
        let output = what == CURL_POLL_IN ? 0 : EPOLLOUT.rawValue
        guard watch(socket, input | output, isNew: isNew) else { return noteErrno("epoll_ctl") }
        if isNew { note(curl_multi_assign(handle, socket, Unmanaged.passUnretained(self).toOpaque())) }
    }

    private func watch(_ socket: curl_socket_t, _ wanted: UInt32, isNew: Bool) -> Bool {
        guard let open = sockets[socket] else { return events.watch(socket, wanted, isNew: isNew) }
        open.isIdle = false
        if open.watched == wanted { return true }
        defer { open.watched = wanted }
        return events.watch(socket, wanted, isNew: open.watched == 0)
    }

    /// libcurl stops watching a connection's socket after each transfer and watches it again with the next. We keep it
    /// registered meanwhile, which saves two system calls a request; if an event arrives, it is removed then.
    private func leave(_ socket: curl_socket_t) {
        guard let open = sockets[socket], open.watched == EPOLLIN.rawValue else { return forget(socket) }
        open.isIdle = true
    }

    private func forget(_ socket: curl_socket_t) {
        sockets[socket]?.watched = 0
        events.forget(socket)
    }

    private static let timerWanted: curl_multi_timer_callback = { _, milliseconds, context in
        guard let context else { return -1 }
        let multi = Unmanaged<MultiHandle>.fromOpaque(context).takeUnretainedValue()
        multi.dueAt = milliseconds < 0 ? nil : .now + .milliseconds(milliseconds)
        return 0
    }
}

/// What libcurl needs once per process.
enum CurlGlobal {
    /// Initialises the process on first use; false if libcurl could not be initialised.
    ///
    /// `SSLKEYLOGFILE` would make libcurl write session secrets to a file; SIGPIPE must be ignored because
    /// `CURLOPT_NOSIGNAL` makes libcurl leave it alone (man 3 CURLOPT_NOSIGNAL).
    static let isReady: Bool = {
        unsetenv("SSLKEYLOGFILE")
        signal(SIGPIPE, SIG_IGN)
        return curl_global_init(Int(CURL_GLOBAL_SSL)) == CURLE_OK && TLSNotes.index >= 0
    }()
}

/// Owns the buffer to which libcurl writes the text of an error (man 3 CURLOPT_ERRORBUFFER).
final class ErrorText {
    let buffer: UnsafeMutablePointer<CChar>

    init() {
        buffer = .allocate(capacity: Int(CURL_ERROR_SIZE))
        buffer.initialize(repeating: 0, count: Int(CURL_ERROR_SIZE))
    }

    deinit { buffer.deallocate() }

    var text: String { String(cString: buffer) }

    func clear() { buffer.pointee = 0 }
}
