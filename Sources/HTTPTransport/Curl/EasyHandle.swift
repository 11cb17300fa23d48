import Basics
import CCurl
import OpenSSL

/// Owns a `CURL *` and runs one transfer after another on it; options that never change are set once.
///
/// Used on the loop's thread only.
final class EasyHandle {
    let handle: UnsafeMutableRawPointer
    let options: TransferOptions
    let sockets: SocketRegistry
    /// What the callbacks have learnt about the attempt under way.
    var state = TransferState()
    /// The request under way.
    private(set) var submission: Submission?
    private(set) var tries = 0
    /// When the request under way times out. Time in which the machine sleeps does not count: the answer was waiting,
    /// too.
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
        sockets.longestUnacknowledged = options.requestTimeout
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

    /// Prepares the handle for this request.
    func prepare(_ submission: Submission) throws(HTTPTransportError) {
        self.submission = submission
        tries = 1
        deadline = .now + options.requestTimeout
        try resetState(freshConnection: false)
        try set(submission.request)
    }

    /// Prepares the handle for the same request again, on a new connection.
    func prepareAgain() throws(HTTPTransportError) {
        tries += 1
        try resetState(freshConnection: true)
    }

    /// Forgets the request, and returns the submission that is still to be resumed.
    func release() -> Submission? {
        defer { submission = nil }
        state = TransferState()
        return submission
    }

    /// One of libcurl's counters for the attempt under way.
    func count(_ info: CURLINFO) -> Int {
        var value = 0
        return rollcall_easy_get_long(handle, info, &value) == CURLE_OK ? value : 0
    }

    /// libcurl's description of a failure. Once a request is under way its own text may quote the server, so it is not
    /// used.
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
        // Nothing from the system; each connection gets its authorities from the credentials.
        try Self.check(rollcall_easy_set_string(handle, CURLOPT_CAINFO, nil))
        try Self.check(rollcall_easy_set_string(handle, CURLOPT_CAPATH, nil))
    }

    private func setConnectionOptions() throws(HTTPTransportError) {
        try set(CURLOPT_NOSIGNAL, 1)
        // Empty: nothing from the environment.
        try set(CURLOPT_PROXY, options.proxy)
        try set(CURLOPT_NOPROXY, "")
        // The loop enforces the request timeout: libcurl would look at the clock before it looks at the socket.
        try set(CURLOPT_TIMEOUT_MS, 0)
        try set(CURLOPT_CONNECTTIMEOUT_MS, options.connectTimeoutMilliseconds)
        try set(CURLOPT_MAXAGE_CONN, options.maximumIdleSeconds)
        // Both are allocated for each transfer; by default they take 80 KiB, ten times what request and answer do.
        try set(CURLOPT_UPLOAD_BUFFERSIZE, 16 << 10)
        try set(CURLOPT_BUFFERSIZE, 4 << 10)
        // A resolver thread that hangs is abandoned instead of awaited, which would stop every other transfer.
        try set(CURLOPT_QUICK_EXIT, 1)
    }

    func set(_ option: CURLoption, _ value: Int) throws(HTTPTransportError) {
        try Self.check(rollcall_easy_set_long(handle, option, value))
    }

    /// Sets a text, which libcurl copies.
    func set(_ option: CURLoption, _ value: String) throws(HTTPTransportError) {
        try Self.check(rollcall_easy_set_string(handle, option, value))
    }

    /// Turns an error code of libcurl's into a Swift error.
    static func check(_ code: CURLcode) throws(HTTPTransportError) {
        guard code != CURLE_OK else { return }
        throw HTTPTransportError(
            .system,
            "libcurl refused an option (\(String(cString: curl_easy_strerror(code)))): use libcurl 7.88 or later.")
    }
}

/// Owns the bytes of the request under way; libcurl reads them where they lie (man 3 CURLOPT_POSTFIELDS).
final class RequestBody {
    private(set) var start: UnsafeMutablePointer<UInt8>
    private var capacity: Int

    init() {
        capacity = 4096
        start = .allocate(capacity: capacity)
    }

    deinit { start.deallocate() }

    func hold(_ bytes: [UInt8]) {
        if bytes.count > capacity { grow(to: bytes.count) }
        bytes.withUnsafeBufferPointer { source in
            guard let first = source.baseAddress else { return }
            start.update(from: first, count: source.count)
        }
    }

    private func grow(to count: Int) {
        start.deallocate()
        capacity = count
        start = .allocate(capacity: count)
    }
}

/// Owns a list of header lines in libcurl's form, kept while requests have the same header fields.
final class HeaderList {
    private let fields: [(String, String)]
    /// Nil only when out of memory.
    let list: UnsafeMutablePointer<curl_slist>?

    /// `Expect:` without a value keeps libcurl from waiting for a `100 Continue` (man 3 CURLOPT_HTTPHEADER).
    init(_ fields: [(String, String)]) {
        self.fields = fields
        var list = curl_slist_append(nil, "Expect:")
        for (name, value) in fields where list != nil {
            let line = value.isEmpty ? "\(name);" : "\(name): \(value)"
            guard let longer = curl_slist_append(list, line) else {
                curl_slist_free_all(list)
                list = nil
                break
            }
            list = longer
        }
        self.list = list
    }

    deinit { curl_slist_free_all(list) }

    func holds(_ other: [(String, String)]) -> Bool {
        fields.elementsEqual(other, by: ==)
    }
}

/// A configuration, checked and converted to libcurl's options.
struct TransferOptions: Sendable {
    /// Without a trailing slash.
    let baseURL: String
    let credentials: ConnectionCredentials
    /// Whether the authorities among the credentials replace the system's.
    let hasOwnAuthorities: Bool
    /// Empty: none.
    let proxy: String
    let requestTimeout: Duration
    let connectTimeoutMilliseconds: Int
    let maximumAnswerBytes: Int
    let maximumHeaderBytes: Int
    let maximumConnections: Int
    let maximumIdleSeconds: Int

    init(_ configuration: HTTPTransportConfiguration) throws {
        baseURL = try ConfiguredURL.base(configuration.baseURL)
        proxy = try configuration.proxy.map(ConfiguredURL.proxy) ?? ""
        credentials = try ConnectionCredentials(
            chainPEM: configuration.identity?.chainPEM(), keyPEM: configuration.identity?.keyPEM(),
            caPEM: configuration.caPEM)
        hasOwnAuthorities = configuration.caPEM != nil
        requestTimeout = max(.milliseconds(1), min(configuration.requestTimeout, Self.longestTimeout))
        connectTimeoutMilliseconds = configuration.connectTimeout.wholeMilliseconds
        maximumAnswerBytes = max(0, configuration.maximumAnswerBytes)
        maximumHeaderBytes = max(0, configuration.maximumHeaderBytes)
        maximumConnections = max(1, configuration.maximumConnections)
        maximumIdleSeconds = max(1, Int(min(configuration.maximumIdleTime, Self.longestTimeout).components.seconds))
    }

    /// Longer values than this mean 'no limit' to the caller; libcurl counts milliseconds in 32 bits.
    fileprivate static let longestTimeout = Duration.seconds(2_000_000)
}

extension Duration {
    /// At least 1, because 0 means 'no limit' to libcurl.
    fileprivate var wholeMilliseconds: Int {
        let (seconds, attoseconds) = min(self, TransferOptions.longestTimeout).components
        return max(1, Int(seconds) * 1000 + Int(attoseconds / 1_000_000_000_000_000))
    }
}
