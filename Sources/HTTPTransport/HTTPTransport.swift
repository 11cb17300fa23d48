package import Basics
package import OpenSSL

/// Sends requests to one API over persistent connections, with libcurl on a dedicated thread.
///
/// A request is never sent twice: where libcurl would resend it on its own, the exchange fails and says whether the
/// request may have left. The transport resends a request only if it provably did not leave, because an idle connection
/// had ended.
package final class HTTPTransport: Sendable {
    private let inbox: Inbox
    private let thread: LoopThread

    /// Starts the thread; no connection is made yet. Sets SIGPIPE to be ignored and removes `SSLKEYLOGFILE` from the
    /// environment, for the process.
    ///
    /// - Parameter configuration: How to reach the API.
    /// - Throws: `HTTPTransportError`, or `OpenSSLError` where the identity could not be written as PEM.
    package convenience init(_ configuration: HTTPTransportConfiguration) throws {
        try self.init(configuration, events: EventQueue())
    }

    init(_ configuration: HTTPTransportConfiguration, events: EventQueue) throws {
        let options = try TransferOptions(configuration)
        _ = try EasyHandle(options: options, sockets: SocketRegistry())  // an option refused is better told now
        let inbox = Inbox(events: events)
        self.inbox = inbox
        thread = try LoopThread { TransferLoop.run(inbox: inbox, events: events, options: options) }
    }

    deinit { inbox.stop() }

    /// Sends one request and waits for the whole answer.
    ///
    /// Cancelling the task ends the transfer, closes its connection and returns a failure of kind `cancelled`. If the
    /// thread had to stop, every `send` fails with kind `other` and a message that says so.
    ///
    /// - Parameter request: The request.
    /// - Returns: The answer, regardless of its status, or why there is none.
    package func send(_ request: HTTPRequest) async -> HTTPExchange {
        await send(request, as: Ticket())
    }

    func send(_ request: HTTPRequest, as ticket: Ticket) async -> HTTPExchange {
        await withTaskCancellationHandler {
            await WorkInProgress.whileHandedOver {
                await withCheckedContinuation { continuation in
                    submit(
                        Submission(
                            ticket: ticket, request: request, startedAt: ContinuousClock.now,
                            continuation: continuation))
                }
            }
        } onCancel: {
            inbox.cancel(ticket)
        }
    }

    /// Ends every transfer under way, as cancelled, closes every connection and waits for the thread's end. A `send`
    /// afterwards fails as cancelled. May be called more than once.
    package func shutDown() async {
        inbox.stop()
        await WorkInProgress.whileHandedOver { await inbox.waitUntilOver() }
        thread.join()
    }

    private func submit(_ submission: Submission) {
        if let rule = submission.request.brokenRule {
            submission.fail(.other, rule)
        } else if let ending = inbox.submit(submission) {
            submission.fail(ending)
        }
    }
}

/// How to reach the API. Verification of the server, TLS 1.2 or later and HTTP/1.1 are not configurable.
package struct HTTPTransportConfiguration: Sendable {
    /// An `https` URL without user, query or fragment; a request's path is appended to it.
    package var baseURL: String
    /// Our certificate and key for mutual TLS; nil: none is presented.
    package var identity: ClientIdentity?
    /// The only CA certificates to trust, as PEM; nil: the system's.
    package var caPEM: [UInt8]?
    /// The proxy's `http` or `https` URL; nil: none, regardless of the environment.
    package var proxy: String?
    /// The longest time from a request's start to the last byte of its answer, connecting included.
    package var requestTimeout: Duration
    /// The longest time for name lookup, connection, proxy and TLS handshake together.
    package var connectTimeout: Duration
    /// The longest body of an answer, in bytes.
    package var maximumAnswerBytes: Int
    /// The longest header of an answer, in bytes, any 1xx before it included.
    package var maximumHeaderBytes: Int
    /// The most connections, and so requests under way at once; further requests wait.
    package var maximumConnections: Int
    /// Connections idle for longer are not used again: keep it below the server's own idle time.
    package var maximumIdleTime: Duration

    /// Makes a configuration with the defaults of `rollcall.yaml`.
    ///
    /// - Parameter baseURL: An `https` URL.
    package init(baseURL: String) {
        self.baseURL = baseURL
        requestTimeout = .seconds(30)
        connectTimeout = .seconds(5)
        maximumAnswerBytes = 1 << 20
        maximumHeaderBytes = 64 << 10
        maximumConnections = 32
        maximumIdleTime = .seconds(45)
    }
}

/// Why a transport could not be made from its configuration.
package typealias HTTPTransportError = CodedError<HTTPTransportErrorCode>

/// What is at fault where a transport cannot be made.
package enum HTTPTransportErrorCode: Sendable, Equatable {
    /// The base URL is no `https` URL of the form needed.
    case baseURL
    /// The proxy is no URL of the form needed.
    case proxy
    /// libcurl or the system refused.
    case system
}

extension HTTPTransportError {
    /// The loop cannot continue; `detail` says what failed.
    static func broken(_ detail: String) -> HTTPTransportError {
        HTTPTransportError(
            .system,
            "The transport has broken down (\(detail)): start the run again, and see whether memory or file descriptors "
                + "ran out.")
    }
}
