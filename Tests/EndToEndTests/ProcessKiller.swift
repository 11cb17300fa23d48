import Basics
import Foundation

/// Kills or stops whatever process runs when the emulator has read a given call, before that call is answered.
final class ProcessKiller: Sendable {
    private let state = Lock<(at: Int, victim: RollcallProcess?, signal: Int32)>((.max, nil, SIGKILL))

    func condemn(_ victim: RollcallProcess, at call: Int, by signal: Int32 = SIGKILL) {
        state.withLock { $0 = (call, victim, signal) }
    }

    func saw(_ call: Int) {
        state.withLock { state in
            guard call >= state.at, let victim = state.victim else { return }
            victim.signal(state.signal)
            state = (.max, nil, SIGKILL)
        }
    }
}
