import CCurl

/// Owns a `CURL *` and runs one transfer after another on it, with the options that never change set once.
///
/// Used on the loop's thread alone.
final class EasyHandle {
    let handle: UnsafeMutableRawPointer
    let options: TransferOptions
    let sockets: SocketRegistry
    /// What the callbacks have learnt of the try under way.
    var state = TransferState()
    /// The request under way.
    private(set) var submission: Submission?
    private(set) var tries = 0
    /// When the request under way is overdue. Time in which the machine sleeps does not count: the answer waited, too.
    private(set) var deadline = SuspendingClock.now
    private let errorText = ErrorText()
    private let body = RequestBody()
    private var headers: HeaderList?
    private var path: String?
    private var method: HTTPMethod?

    init(options: TransferOptions, sockets: SocketRegistry) throws(HTTPTransportError) {
        guard CurlGlobal.isReady, let handle = curl_easy_init() else {
            throw HTTPTransportError(.system, "libcurl could not make a transfer: see whether memory ran out.")
        }
        self.handle = handle
        self.options = options
        self.sockets = sockets
        try setConstantOptions(errorText: errorText)
        try setCallbacks()
    }

    deinit { curl_easy_cleanup(handle) }

    /// The owner of a handle that libcurl gives back.
    static func of(_ handle: UnsafeMutableRawPointer?) -> EasyHandle? {
        var context: UnsafeMutablePointer<CChar>?
        guard let handle, rollcall_easy_get_pointer(handle, CURLINFO_PRIVATE, &context) == CURLE_OK, let context else {
            return nil
        }
        return Unmanaged<EasyHandle>.fromOpaque(context).takeUnretainedValue()
    }

    /// Makes the handle ready to be added for this request.
    func prepare(_ submission: Submission) throws(HTTPTransportError) {
        self.submission = submission
        tries = 1
        deadline = .now + options.requestTimeout
        try resetState(freshConnection: false)
        try set(submission.request)
    }

    /// Makes the handle ready to be added for the same request again, on a connection of its own.
    func prepareAgain() throws(HTTPTransportError) {
        tries += 1
        try resetState(freshConnection: true)
    }

    /// Forgets the request, and gives back what is left to resume.
    func release() -> Submission? {
        defer { submission = nil }
        state = TransferState()
        return submission
    }

    /// A counter of libcurl's for the try under way.
    func count(_ info: CURLINFO) -> Int {
        var value = 0
        return rollcall_easy_get_long(handle, info, &value) == CURLE_OK ? value : 0
    }

    /// What libcurl says of a failure. Once a request is under way its own text may quote the server, so it is not used.
    func detail(of code: CURLcode) -> String {
        let own = state.prerequestCalls == 0 ? errorText.text : ""
        return own.isEmpty ? String(cString: curl_easy_strerror(code)) : own
    }

    private func resetState(freshConnection: Bool) throws(HTTPTransportError) {
        state = TransferState()
        errorText.clear()
        try set(CURLOPT_FRESH_CONNECT, freshConnection ? 1 : 0)
    }

    private func set(_ request: HTTPRequest) throws(HTTPTransportError) {
        if path != request.path {
            try set(CURLOPT_URL, options.baseURL + request.path)
            path = request.path
        }
        if headers?.holds(request.headers) != true { try set(HeaderList(request.headers)) }
        if method != request.method {
            try set(request.method == .get ? CURLOPT_HTTPGET : CURLOPT_POST, 1)
            method = request.method
        }
        if request.method == .post { try set(body: request.body) }
    }

    private func set(_ list: HeaderList) throws(HTTPTransportError) {
        guard let first = list.list else {
            throw HTTPTransportError(.system, "Memory for the header of a request ran out.")
        }
        try Self.check(rollcall_easy_set_list(handle, CURLOPT_HTTPHEADER, first))
        headers = list
    }

    private func set(body bytes: [UInt8]) throws(HTTPTransportError) {
        body.hold(bytes)
        try Self.check(rollcall_easy_set_pointer(handle, CURLOPT_POSTFIELDS, body.start))
        try Self.check(rollcall_easy_set_offset(handle, CURLOPT_POSTFIELDSIZE_LARGE, curl_off_t(bytes.count)))
    }
}
