import Foundation
import TestSupport

/// Lets nights pass, one seed after the other, and says what came of them.
///
/// `simulate --seed 1 --count 1000` takes the thousand nights from seed 1 on. A night that breaks a rule is named with its
/// seed, by which it can be run again: what happens in it follows from that number alone.
@main
struct Simulate {
    private static let deterministicHashing = "SWIFT_DETERMINISTIC_HASHING"

    static func main() {
        // The order in which sets and dictionaries are walked through is part of what happens.
        guard ProcessInfo.processInfo.environment[deterministicHashing] != nil else {
            setenv(deterministicHashing, "1", 1)
            let arguments = CommandLine.arguments.map { strdup($0) } + [nil]
            execv("/proc/self/exe", arguments)
            exit(71)
        }
        let (seed, count) = (number("--seed") ?? 1, number("--count") ?? 1_000)
        var tally = Tally()
        for seed in seed..<(seed + count) { tally.take(seed) }
        print(tally.text)
        exit(tally.failed == 0 ? 0 : 1)
    }

    private static func number(_ option: String) -> UInt64? {
        let arguments = CommandLine.arguments
        guard let place = arguments.firstIndex(of: option), place + 1 < arguments.count else { return nil }
        return UInt64(arguments[place + 1])
    }
}

/// What many nights came to.
struct Tally {
    private(set) var failed = 0
    private var nights = 0
    private var records = 0
    private var calls = 0
    private var restarts = 0
    private var steps = 0

    /// Lets a night pass and counts it; one that breaks a rule is reported at once.
    mutating func take(_ seed: UInt64) {
        nights += 1
        do {
            let night = try Night.pass(seed: seed)
            records += night.records
            calls += night.calls
            restarts += night.processes - 1
            steps += night.steps
            guard let finding = night.finding else { return }
            failed += 1
            Self.tell("night \(seed): \(finding); again: make simulate SEED=\(seed) COUNT=1")
        } catch {
            failed += 1
            Self.tell("night \(seed): \(error)")
        }
    }

    var text: String {
        "\(nights) nights, \(records) records, \(calls) calls, \(restarts) restarts, \(steps) steps of tasks, "
            + "\(cpuSeconds) s CPU: \(failed) broke a rule"
    }

    /// At once: a campaign may be ended before its end.
    private static func tell(_ line: String) { FileHandle.standardOutput.write(Data("\(line)\n".utf8)) }

    private var cpuSeconds: Int {
        var usage = rusage()
        guard getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage) == 0 else { return 0 }
        return Int(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec)
    }
}
