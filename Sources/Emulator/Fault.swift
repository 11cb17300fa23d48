/// Something other than the ordinary answer, with the name it has in the log of calls.
struct Fault: Sendable, Equatable {
    /// What is done with the call.
    enum Action: Sendable, Equatable {
        /// The API's error body.
        case error(ErrorAnswer)
        /// A gateway's or proxy's HTML page with this status.
        case page(Int)
        /// 302 to another address.
        case redirect
        /// The connection is reset (RST) without an answer.
        case reset
        /// The connection is closed in order, without an answer.
        case close
        /// No answer until the client gives up or the emulator stops.
        case hang
        /// Half a response head, then an orderly close.
        case cutHead
        /// A response head and half the body, then an orderly close.
        case cutBody
        /// 200 with a body that is no JSON.
        case garbage
        /// 200 with 64 MiB.
        case big
        /// The insights, but with this status and sealed in another way.
        case insights(status: Int, seal: AnswerSeal)
        /// The insights in another shape than the API's.
        case misshapen(AnswerShape)
        /// The insights under another identifier than the response's.
        case mismatched
        /// The answer to the first call that was answered so.
        case replayed
        /// The ordinary answer in gzip, where the request does not forbid that.
        case coded
        /// 200 without a body.
        case empty
        /// The ordinary answer, late.
        case slow
    }

    let name: String
    let action: Action

    /// The status the call is answered with; 0 for none.
    var status: Int {
        switch action {
        case .error(let answer): answer.status
        case .page(let status), .insights(let status, _): status
        case .redirect: 302
        case .reset, .close, .hang, .cutHead: 0
        case .cutBody, .garbage, .big, .misshapen, .mismatched, .replayed, .coded, .empty, .slow: 200
        }
    }
}
