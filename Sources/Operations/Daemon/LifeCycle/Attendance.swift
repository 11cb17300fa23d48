import Basics
import JobRunner

/// The latest time at which each part of the daemon will report again, as the part itself has announced.
///
/// A part announces it before it waits and before it works. One that has not reported in time hangs: on a write that
/// never returns, or on a bug in Rollcall. Parts that work with the database alone are vital: without them the daemon
/// is better restarted. Parts that work with files wait for other people's disks and shares, which a restart does not
/// repair; it would only put the calls under way in doubt.
final class Attendance: Sendable {
    /// A part's announcement.
    private struct Word {
        var deadline: MonotonicTime
        var isVital: Bool
    }

    /// How long a turn of a part may take that works with the database alone.
    static let patience = Duration.seconds(60)
    /// How long a step of a part may take that works with files, or moves much in the database.
    static let longPatience = Duration.seconds(900)

    private let clock: any RunnerClock
    private let words = Lock<[String: Word]>([:])

    init(clock: any RunnerClock) { self.clock = clock }

    /// When each part is expected, by the part's name.
    var deadlines: [String: MonotonicTime] { words.withLock { $0.mapValues(\.deadline) } }

    /// Announces that a part will report again by a time.
    func expect(_ part: String, by deadline: MonotonicTime, isVital: Bool) {
        words.withLock { $0[part] = Word(deadline: deadline, isVital: isVital) }
    }

    /// A part that works with the database alone begins a turn, or waits so long.
    func expect(_ part: String, after wait: Duration = .zero, patience: Duration = Attendance.patience) {
        expect(part, by: clock.monotonic + wait + patience, isVital: true)
    }

    /// A part that works with files begins a step, or waits so long.
    func expectWithFiles(_ part: String, after wait: Duration = .zero) {
        expect(part, by: clock.monotonic + wait + Attendance.longPatience, isVital: false)
    }

    /// Removes a part that has ended.
    func leave(_ part: String) {
        _ = words.withLock { $0.removeValue(forKey: part) }
    }

    /// No part counts as late for a while: what delayed them, such as a full disk, is over.
    func excuse() { excuse(until: clock.monotonic + Self.patience) }

    /// No part counts as late before a time: what delayed them, such as a full disk, is over.
    func excuse(until deadline: MonotonicTime) {
        words.withLock { words in
            for part in words.keys { words[part]?.deadline.raise(to: deadline) }
        }
    }

    /// The parts that should have reported by now; see ``overdue(at:vitalOnly:)``.
    func overdue(vitalOnly: Bool) -> [String] { overdue(at: clock.monotonic, vitalOnly: vitalOnly) }

    /// The parts that should have reported by a time, by name; `vitalOnly`: those without
    /// which the daemon is better restarted.
    func overdue(at now: MonotonicTime, vitalOnly: Bool) -> [String] {
        words.withLock { words in
            words.filter { $0.value.deadline < now && ($0.value.isVital || !vitalOnly) }.keys.sorted()
        }
    }
}

extension MonotonicTime {
    fileprivate mutating func raise(to other: MonotonicTime) { self = max(self, other) }
}
