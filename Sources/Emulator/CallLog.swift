import Synchronization

/// Counts the calls and appends each to the log file before it is answered, so that the log can be held
/// against a client's ledger whatever becomes of either.
final class CallLog: Sendable {
    private struct State {
        var number: Int
        var total = 0
        var byStatus: [Int: Int] = [:]
        var byFault: [String: Int] = [:]
        var byRequest: [RequestKey: Int] = [:]
    }

    private let file: CallLogFile?
    private let onCall: (@Sendable (Int) -> Void)?
    private let state: Mutex<State>

    /// - Parameters:
    ///   - path: the file to append to; nil: count only. A log that is there already is continued.
    ///   - onCall: told the number of calls each time one was counted.
    /// - Throws: ``EmulatorError`` where the file cannot be opened.
    init(path: String?, onCall: (@Sendable (Int) -> Void)? = nil) throws(EmulatorError) {
        self.onCall = onCall
        file = if let path { try CallLogFile(path: path) } else { nil }
        state = Mutex(State(number: file?.lines ?? 0))
    }

    /// Counts a call for the record and says which it is, from 1.
    func begin(_ key: RequestKey) -> Int {
        state.withLock { state in
            state.byRequest[key, default: 0] += 1
            return state.byRequest[key, default: 0]
        }
    }

    /// Writes the call to the log; it may be answered once this returns.
    func record(_ call: Call) throws(EmulatorError) {
        let total = try count(call)
        onCall?(total)
    }

    private func count(_ call: Call) throws(EmulatorError) -> Int {
        // The number and the line belong together: lines stand in the file in the order of their numbers.
        let counted: Result<Int, EmulatorError> = state.withLock { state in
            do throws(EmulatorError) {
                try file?.append(call.line(number: state.number + 1))
            } catch {
                return .failure(error)
            }
            state.number += 1
            state.total += 1
            state.byStatus[call.status, default: 0] += 1
            if let fault = call.fault { state.byFault[fault, default: 0] += 1 }
            return .success(state.total)
        }
        return try counted.get()
    }

    /// The counts so far.
    var counts: CallCounts {
        state.withLock { state in
            var counts = CallCounts()
            counts.total = state.total
            counts.byStatus = state.byStatus
            counts.byFault = state.byFault
            counts.byRequest = Dictionary(state.byRequest.map { ($0.hex, $1) }) { first, _ in first }
            return counts
        }
    }
}
