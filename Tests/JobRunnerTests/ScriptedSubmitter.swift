import Basics
import JobRunner

/// One call, as a script sees it.
struct ScriptedCall: Sendable {
    /// The request, which is the record's row: `row 1`, `row 2`, …
    let row: String
    /// Which of this row's calls it is, from 1.
    let attempt: Int
    /// Which of all calls it is, from 1.
    let number: Int
    /// Milliseconds on the test's clock.
    let at: Int64
    /// Calls under way, this one included.
    let underWay: Int
    /// When it may leave last.
    let latest: ContinuousClock.Instant?
}

/// Answers calls as a script says, and remembers them.
final class ScriptedSubmitter: RecordSubmitter {
    typealias Script = @Sendable (ScriptedCall) async -> Reply

    private struct State {
        var calls: [ScriptedCall] = []
        var underWay = 0
    }

    private let state = Lock(State())
    private let clock: any RunnerClock
    private let script: Script

    init(clock: any RunnerClock, script: @escaping Script) {
        self.clock = clock
        self.script = script
    }

    /// All calls so far, in the order in which they began.
    var calls: [ScriptedCall] { state.withLock { $0.calls } }

    func submit(_ request: [UInt8], notAfter latest: ContinuousClock.Instant?) async -> Reply {
        let row = String(decoding: request, as: UTF8.self)
        let now = clock.monotonic.nanoseconds / 1_000_000
        let call = state.withLock { state in
            state.underWay += 1
            let call = ScriptedCall(
                row: row, attempt: state.calls.count { $0.row == row } + 1, number: state.calls.count + 1, at: now,
                underWay: state.underWay, latest: latest)
            state.calls.append(call)
            return call
        }
        let reply = await script(call)
        state.withLock { $0.underWay -= 1 }
        return reply
    }
}

extension Reply {
    static let success = Reply(.answered(status: 200, body: .answer(.init(Array("{}".utf8))), retryAfter: nil))
    static let garbage = Reply(
        .answered(status: 200, body: .undecipherable(Array("?".utf8)), retryAfter: nil), errorText: "not for our key")
    static let reset = Reply(.failed(kind: .reset, mayHaveLeft: true), errorText: "connection reset")
    static let refused = Reply(.failed(kind: .couldNotConnect, mayHaveLeft: false), errorText: "connection refused")

    static func status(_ status: Int, retryAfter: RetryAfter? = nil) -> Reply {
        Reply(.answered(status: status, body: .other, retryAfter: retryAfter))
    }

    /// An answer with the API's error body.
    static func apiError(_ status: Int) -> Reply {
        Reply(
            .answered(
                status: status, body: .errors(recoverable: true, mentionsEncryption: false), retryAfter: nil))
    }

    /// A 200 that was read, with an identifier.
    static func success(ref: String, correlation: String? = nil) -> Reply {
        Reply(
            .answered(status: 200, body: .answer(.init(Array("{}".utf8))), retryAfter: nil),
            correlationID: correlation ?? ref, requestRefID: ref)
    }

    static let rejected = Reply(
        .answered(status: 400, body: .errors(recoverable: false, mentionsEncryption: false), retryAfter: nil),
        reasonCode: "INVALID_FIELD", errorText: "The API refused the request", details: "user.email")

    /// Waits until the task is cancelled.
    static func whenGivenUp(mayHaveLeft: Bool) async -> Reply {
        let signal = Signal()
        await withTaskCancellationHandler {
            await signal.wait()
        } onCancel: {
            signal.give()
        }
        return Reply(.failed(kind: .cancelled, mayHaveLeft: mayHaveLeft), errorText: "given up")
    }
}
