import Basics
import Foundation

/// Kills whatever process runs when the emulator has read a given call, before that call is answered.
final class ProcessKiller: Sendable {
    private let state = Lock<(at: Int, victim: RollcallProcess?)>((.max, nil))

    func condemn(_ victim: RollcallProcess, at call: Int) {
        state.withLock { $0 = (call, victim) }
    }

    func saw(_ call: Int) {
        state.withLock { state in
            guard call >= state.at, let victim = state.victim else { return }
            victim.signal(SIGKILL)
            state = (.max, nil)
        }
    }
}
