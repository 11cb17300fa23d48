/// Sends requests to one API over connections that are kept, with libcurl on a thread of its own.
///
/// A request is never sent twice: where libcurl would by itself, the exchange fails and says whether the request may have
/// left. A request that provably did not leave is sent once more by the transport itself, where only an idle connection
/// had ended.
public final class HTTPTransport: Sendable {
    private let inbox: Inbox
    private let thread: LoopThread

    /// Starts the thread; no connection is made yet. Sets SIGPIPE to be ignored and removes `SSLKEYLOGFILE` from the
    /// environment, for the process.
    ///
    /// - Parameter configuration: How to reach the API.
    /// - Throws: `HTTPTransportError`, or `OpenSSLError` where the identity could not be written as PEM.
    public convenience init(_ configuration: HTTPTransportConfiguration) throws {
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
    /// Cancelling the task ends the transfer, closes its connection and returns a failure of kind `cancelled`. Where the
    /// thread could not go on, every `send` fails with kind `other` and a message that says so.
    ///
    /// - Parameter request: The request.
    /// - Returns: The answer, whatever its status, or why there is none.
    public func send(_ request: HTTPRequest) async -> HTTPExchange {
        await send(request, as: Ticket())
    }

    func send(_ request: HTTPRequest, as ticket: Ticket) async -> HTTPExchange {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                submit(
                    Submission(
                        ticket: ticket, request: request, startedAt: ContinuousClock.now, continuation: continuation))
            }
        } onCancel: {
            inbox.cancel(ticket)
        }
    }

    /// Ends every transfer under way, as cancelled, closes every connection and waits for the thread's end. A `send`
    /// afterwards fails as cancelled. May be called more than once.
    public func shutDown() async {
        inbox.stop()
        await inbox.waitUntilOver()
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
