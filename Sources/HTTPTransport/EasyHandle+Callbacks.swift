import CCurl

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
        return registry(context)?.open(address.pointee) ?? -1
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

    /// Whether libcurl may send the request now: once, and never over a connection that is about to end.
    private func allowsRequest(localPort: Int32) -> Bool {
        state.prerequestCalls += 1
        guard state.prerequestCalls == 1 else {
            state.stop = .secondSend
            return false
        }
        state.requestSizeBefore = count(CURLINFO_REQUEST_SIZE)
        state.isReused = count(CURLINFO_NUM_CONNECTS) == 0
        let candidates = sockets.sockets(withLocalPort: localPort)
        return state.isReused ? allowsReuse(of: candidates) : noteConnection(candidates)
    }

    /// No candidate, or one that is not quiet, counts as stale: another connection costs a handshake, a doubt more.
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
