import Emulator
import Foundation
import TestSupport
import Testing

extension EndToEnd.Recovery {
    @Suite("Histories")
    struct HistoryTests {
        /// `make histories` sets these: the first seed, how many histories, and how many minutes at most.
        private static let environment = ProcessInfo.processInfo.environment
        private static let first = environment["HISTORIES_SEED"].flatMap(UInt64.init)
        private static let count = environment["HISTORIES_COUNT"].flatMap(UInt64.init)
        private static let minutes = environment["HISTORIES_MINUTES"].flatMap(Int.init)

        @Test("Whatever is done in whatever order, every line is accounted for and nothing is sent twice unasked")
        func histories() async throws {
            let interrupter = Interrupter()
            var knobs = EmulatorConfiguration()
            knobs.latency = .milliseconds(2)
            knobs.onCall = { interrupter.saw($0) }
            let settings = EndToEndInstallation.fast + "daemon: { poll: 50ms }\n"
            try await EndToEndInstallation.with(knobs, settings: settings) { installation in
                try installation.makeFolder("jobs")
                let (first, count) = (Self.first ?? 1, Self.count ?? 30)
                let end = ContinuousClock.now + .seconds((Self.minutes ?? 60) * 60)
                var passed: UInt64 = 0
                while passed < count, ContinuousClock.now < end {
                    let steps = HistoryStep.history(seed: first + passed, length: Self.count == nil ? 3 : 14)
                    passed += 1
                    if let story = try await Self.story(of: steps, in: installation, interrupter) {
                        Issue.record("history \(first + passed - 1): \(story)")
                    }
                }
                if Self.count != nil { print("\(passed) histories from seed \(first) on") }
            }
        }

        /// The shortest history in which a rule is still broken, step by step; nil where none is.
        private static func story(
            of steps: [HistoryStep], in installation: EndToEndInstallation, _ interrupter: Interrupter
        ) async throws -> String? {
            func broken(_ steps: [HistoryStep]) async throws -> [String] {
                var run = try HistoryRun(installation, interrupter)
                return try await run.happen(steps)
            }
            var (shortest, rules) = (steps, try await broken(steps))
            guard !rules.isEmpty else { return nil }
            // Where a signal strikes is chance. A campaign tells of everything; here it has to happen a second time.
            if Self.count == nil {
                rules = try await broken(steps)
                if rules.isEmpty { return nil }
            }
            var place = shortest.count - 1
            while place >= 0 {
                var shorter = shortest
                shorter.remove(at: place)
                let found = try await broken(shorter)
                if !found.isEmpty { (shortest, rules) = (shorter, found) }
                place = min(place, shortest.count) - 1
            }
            return (shortest.map(\.description) + rules).joined(separator: "\n")
        }
    }
}
