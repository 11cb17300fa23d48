import Basics
import CCurl
import Glibc

/// What libcurl calls while a transfer runs, always on the loop's thread.
extension EasyHandle {
    /// Registers the callbacks, with this object as their context.
    func setCallbacks() throws(HTTPTransportError) {
        let context = Unmanaged.passUnretained(self).toOpaque()
        try Self.check(rollcall_easy_set_pointer(handle, CURLOPT_PRIVATE, context))
        try Self.check(rollcall_easy_set_write(handle, Self.bodyCame, context))
        try Self.check(rollcall_easy_set_header(handle, Self.headerCame, context))
        try Self.check(rollcall_easy_set_prereq(handle, Self.requestIsNext, context))
        try Self.check(rollcall_easy_set_ssl_ctx(handle, Self.connectionIsMade, context))
        // Connections outlive the transfer that made them, so their callbacks get the registry.
        let registry = Unmanaged.passUnretained(sockets).toOpaque()
        try Self.check(rollcall_easy_set_opensocket(handle, Self.openSocket, registry))
        try Self.check(rollcall_easy_set_closesocket(handle, Self.closeSocket, registry))
    }

    private static func owner(_ context: UnsafeMutableRawPointer?) -> EasyHandle? {
        context.map { Unmanaged<EasyHandle>.fromOpaque($0).takeUnretainedValue() }
    }

    private static func registry(_ context: UnsafeMutableRawPointer?) -> SocketRegistry? {
        context.map { Unmanaged<SocketRegistry>.fromOpaque($0).takeUnretainedValue() }
    }

    private static let bodyCame: curl_write_callback = { bytes, size, count, context in
        owner(context)?.takeBody(UnsafeRawBufferPointer(start: bytes, count: size * count)) ?? 0
    }

    private static let headerCame: curl_write_callback = { bytes, size, count, context in
        owner(context)?.takeHeader(UnsafeRawBufferPointer(start: bytes, count: size * count)) ?? 0
    }

    private static let requestIsNext: curl_prereq_callback = { context, _, _, _, localPort in
        owner(context)?.allowsRequest(localPort: localPort) == true ? CURL_PREREQFUNC_OK : CURL_PREREQFUNC_ABORT
    }

    private static let connectionIsMade: curl_ssl_ctx_callback = { _, context, owner in
        guard let context, let easy = EasyHandle.owner(owner) else { return CURLE_SSL_CONNECT_ERROR }
        guard easy.options.credentials.lend(to: OpaquePointer(context)) else { return CURLE_SSL_CERTPROBLEM }
        let notes = TLSNotes()
        notes.observe(OpaquePointer(context))
        easy.state.tls = notes
        return CURLE_OK
    }

    private static let openSocket: curl_opensocket_callback = { context, _, address in
        guard let address else { return -1 }
        let wanted = address.pointee
        return registry(context)?.open(family: wanted.family, type: wanted.socktype, protocol: wanted.protocol) ?? -1
    }

    private static let closeSocket: curl_closesocket_callback = { context, descriptor in
        registry(context)?.close(descriptor) ?? -1
    }

    /// Anything but the full count makes libcurl stop and close the connection.
    private func takeBody(_ bytes: UnsafeRawBufferPointer) -> Int {
        guard state.body.count + bytes.count <= options.maximumAnswerBytes else {
            state.isOversized = true
            return 0
        }
        state.body.append(contentsOf: bytes)
        return bytes.count
    }

    private func takeHeader(_ line: UnsafeRawBufferPointer) -> Int {
        guard state.head.byteCount + line.count <= options.maximumHeaderBytes else {
            state.isOversized = true
            return 0
        }
        state.head.take(line)
        return line.count
    }

    /// Whether libcurl may send the request now: once, never after its time, nor over a connection that is about to end.
    private func allowsRequest(localPort: Int32) -> Bool {
        state.prerequestCalls += 1
        guard state.prerequestCalls == 1 else {
            state.stop = .secondSend
            return false
        }
        if let latest = submission?.request.latestStart, ContinuousClock.now > latest {
            state.stop = .tooLate
            return false
        }
        state.requestSizeBefore = count(CURLINFO_REQUEST_SIZE)
        state.isReused = count(CURLINFO_NUM_CONNECTS) == 0
        let candidates = sockets.sockets(withLocalPort: localPort)
        return state.isReused ? allowsReuse(of: candidates) : noteConnection(candidates)
    }

    /// No candidate, or one with something to read, counts as stale: another connection costs a handshake, a record in
    /// doubt costs more.
    private func allowsReuse(of candidates: [OpenSocket]) -> Bool {
        state.tls = candidates.first?.tls
        guard !candidates.isEmpty, candidates.allSatisfy(\.isQuiet) else {
            state.stop = .staleConnection
            return false
        }
        return true
    }

    private func noteConnection(_ candidates: [OpenSocket]) -> Bool {
        for socket in candidates where socket.tls == nil { socket.tls = state.tls }
        return true
    }
}

/// Turns what libcurl and the callbacks know into what the caller gets.
extension EasyHandle {
    /// The facts of an attempt that ended, or, where libcurl has reported nothing, is about to be ended.
    func facts(_ end: TransferEnd?, isCancelled: Bool = false) -> TransferFacts {
        TransferFacts(
            end: end, isCancelled: isCancelled, reachedRequest: state.prerequestCalls > 0, stop: state.stop,
            sentBytes: count(CURLINFO_REQUEST_SIZE) - state.requestSizeBefore, headerBytes: state.head.byteCount,
            headerEnded: state.head.hasEnded, isOversized: state.isOversized, isOpenEnded: isOpenEnded,
            alert: state.tls?.alert, isReused: state.isReused, proxyStatus: count(CURLINFO_HTTP_CONNECTCODE))
    }

    /// The exchange those facts make.
    func exchange(_ facts: TransferFacts, _ code: CURLcode) -> HTTPExchange {
        switch facts.verdict {
        case .answered: return .answered(answer)
        case .failed(let kind): return .failed(failure(kind, facts, code))
        case .sendOnFreshConnection: return .failed(failure(.reset, facts, code))
        }
    }

    /// The exchange of a transfer that was under way when the loop failed.
    func exchange(brokenBy error: HTTPTransportError) -> HTTPExchange {
        let facts = facts(nil)
        return .failed(
            HTTPFailure(
                kind: .other, mayHaveLeft: facts.mayHaveLeft, message: error.message, duration: duration,
                tlsAlert: facts.alert))
    }

    private var duration: Duration { submission.map { ContinuousClock.now - $0.startedAt } ?? .zero }

    /// RFC 9112 §9.8: a response that is neither chunked nor has a length 'is complete only if a valid closure alert has
    /// been received'; libcurl 7.88 takes any end for a proper one.
    private var isOpenEnded: Bool {
        var length: curl_off_t = -1
        _ = rollcall_easy_get_offset(handle, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &length)
        guard length < 0, state.tls?.isCloseNotified != true else { return false }
        let hasNoBody = [204, 304].contains(count(CURLINFO_RESPONSE_CODE))
        return !hasNoBody && HTTPHeaders(lines: state.head.lines).value(of: "Transfer-Encoding") == nil
    }

    private var answer: HTTPAnswer { answer(with: state.body) }

    private func answer(with body: [UInt8]) -> HTTPAnswer {
        HTTPAnswer(
            status: count(CURLINFO_RESPONSE_CODE), headers: HTTPHeaders(lines: state.head.lines), body: body,
            duration: duration, reusedConnection: state.isReused)
    }

    private func failure(_ kind: HTTPFailure.Kind, _ facts: TransferFacts, _ code: CURLcode) -> HTTPFailure {
        HTTPFailure(
            kind: kind, mayHaveLeft: facts.mayHaveLeft,
            message: HTTPFailure.message(for: kind, alert: facts.alert, detail: detail(of: code)),
            duration: duration, tlsAlert: facts.alert,
            head: kind == .oversized && facts.headerEnded ? answer(with: []) : nil)
    }
}

/// The header of an answer as it arrives, line by line.
///
/// libcurl reports a header that ends too early as success with status 200 and an empty body, so its end is watched here.
struct ResponseHead {
    /// Status line and field lines of the response under way; in the end those of the final one.
    private(set) var lines: [UInt8] = []
    /// Every byte of header and trailer so far, 1xx responses included.
    private(set) var byteCount = 0
    /// Whether the empty line after a final response's fields has come.
    private(set) var hasEnded = false
    private var isInterim = false

    /// Takes one line with its line end.
    mutating func take(_ line: UnsafeRawBufferPointer) {
        byteCount += line.count
        guard !hasEnded else { return }  // trailer fields are not for us
        if line.starts(with: "HTTP/".utf8) {
            lines.removeAll(keepingCapacity: true)
            isInterim = Self.isInterim(statusLine: line)
        }
        if line.first == UInt8(ascii: "\r") || line.first == UInt8(ascii: "\n") {
            hasEnded = !isInterim
        } else {
            lines.append(contentsOf: line)
        }
    }

    /// A 1xx response is followed by another (RFC 9110 §15.2).
    private static func isInterim(statusLine line: UnsafeRawBufferPointer) -> Bool {
        guard let space = line.firstIndex(of: UInt8(ascii: " ")), space + 1 < line.count else { return false }
        return line[space + 1] == UInt8(ascii: "1")
    }
}

/// What libcurl's callbacks learn during one attempt of a transfer.
struct TransferState {
    var prerequestCalls = 0
    /// `CURLINFO_REQUEST_SIZE` before the request: what a proxy's CONNECT took.
    var requestSizeBefore = 0
    var stop: TransferFacts.Stop?
    var isReused = false
    var head = ResponseHead()
    var body: [UInt8] = []
    var isOversized = false
    /// Notes of the connection in use.
    var tls: TLSNotes?
}

/// One socket libcurl has open. libcurl controls its lifetime through `SocketRegistry`.
final class OpenSocket {
    let descriptor: Int32
    /// Notes of the TLS connection it carries, once a request went over it.
    var tls: TLSNotes?
    /// The events for which the event queue watches it; 0: none.
    var watched: UInt32 = 0
    /// Whether no transfer uses it.
    var isIdle = false
    private var knownPort: Int32?

    init(descriptor: Int32) {
        self.descriptor = descriptor
    }

    /// The local port; nil while there is none.
    var localPort: Int32? {
        if knownPort == nil { knownPort = readLocalPort() }
        return knownPort
    }

    /// Whether the peer has sent nothing unread: neither data nor a close_notify alert nor the end of the stream.
    var isQuiet: Bool {
        var byte: UInt8 = 0
        let count = recv(descriptor, &byte, 1, Int32(MSG_PEEK | MSG_DONTWAIT))
        return count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)
    }

    private func readLocalPort() -> Int32? {
        var address = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        return withUnsafeMutablePointer(to: &address) { storage in
            storage.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
                getsockname(descriptor, generic, &length) == 0 ? Self.port(of: UnsafeRawPointer(storage)) : nil
            }
        }
    }

    private static func port(of address: UnsafeRawPointer) -> Int32? {
        let port =
            switch Int32(address.load(as: sockaddr.self).sa_family) {
            case AF_INET: address.load(as: sockaddr_in.self).sin_port
            case AF_INET6: address.load(as: sockaddr_in6.self).sin6_port
            default: in_port_t(0)
            }
        return port == 0 ? nil : Int32(in_port_t(bigEndian: port))
    }
}

/// The sockets libcurl has open, so that a connection's descriptor can be found by its local port.
///
/// Used on the loop's thread only; outlives every connection, because libcurl calls back when it closes one.
final class SocketRegistry {
    private var sockets: [Int32: OpenSocket] = [:]
    /// How long the kernel keeps sending what the other side does not acknowledge, also of a connection that was given up
    /// (`TCP_USER_TIMEOUT` of `man 7 tcp`): no request arrives long after its timeout.
    var longestUnacknowledged = Duration.zero

    /// Opens a socket that child processes do not inherit; -1 on failure, as libcurl expects.
    func open(family: Int32, type: Int32, protocol number: Int32) -> Int32 {
        let descriptor = socket(family, type | Int32(SOCK_CLOEXEC.rawValue), number)
        guard descriptor >= 0 else { return descriptor }
        var milliseconds = UInt32(clamping: longestUnacknowledged.milliseconds)
        let size = socklen_t(MemoryLayout<UInt32>.size)
        let isSet = setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_USER_TIMEOUT, &milliseconds, size) == 0
        // A call that could arrive late is not made; what is no TCP sends no request.
        guard isSet || type != Int32(SOCK_STREAM.rawValue) else {
            _ = Glibc.close(descriptor)
            return -1
        }
        sockets[descriptor] = OpenSocket(descriptor: descriptor)
        return descriptor
    }

    /// Closes a socket that libcurl no longer needs.
    func close(_ descriptor: Int32) -> Int32 {
        sockets[descriptor] = nil
        return Glibc.close(descriptor)
    }

    /// The socket of a descriptor; nil for one that libcurl opened for its own use, as its resolver does.
    subscript(descriptor: Int32) -> OpenSocket? { sockets[descriptor] }

    /// The sockets with that local port: usually one; more only where they lead to different addresses.
    func sockets(withLocalPort port: Int32) -> [OpenSocket] {
        sockets.values.filter { $0.localPort == port }
    }
}
