import Emulator
import Foundation
import TestSupport
import Testing

extension EndToEnd.Recovery {
    @Suite("Histories")
    struct HistoryTests {
        /// `make histories` sets these: the first seed, how many histories, how many minutes at most, and the engine.
        private static let environment = ProcessInfo.processInfo.environment
        private static let first = environment["HISTORIES_SEED"].flatMap(UInt64.init)
        private static let count = environment["HISTORIES_COUNT"].flatMap(UInt64.init)
        private static let minutes = environment["HISTORIES_MINUTES"].flatMap(Int.init)
        private static let engine = environment["HISTORIES_ENGINE"]
        /// The steps of a history that alone are to happen, by their places from 0.
        private static let steps: [Int]? = {
            let places = environment["HISTORIES_STEPS"]?.split(separator: ",").compactMap { Int($0) } ?? []
            return places.isEmpty ? nil : places
        }()

        @Test(
            "Whatever is done in whatever order, every line is accounted for and nothing is sent twice unasked",
            .enabled(if: engine != "postgresql"))
        func onSQLite() async throws { try await histories(onPostgreSQL: false, short: 30) }

        @Test("So it is on PostgreSQL, too", .enabled(if: count == nil || engine == "postgresql"))
        func onPostgreSQL() async throws { try await histories(onPostgreSQL: true, short: 10) }

        private func histories(onPostgreSQL isOnPostgreSQL: Bool, short: UInt64) async throws {
            let interrupter = Interrupter()
            var knobs = EmulatorConfiguration()
            knobs.latency = .milliseconds(2)
            knobs.onCall = { interrupter.saw($0) }
            let settings = EndToEndInstallation.fast + "daemon: { poll: 50ms }\n"
            try await EndToEndInstallation.with(knobs, settings: settings, onPostgreSQL: isOnPostgreSQL) {
                installation in
                try installation.makeFolder("jobs")
                let faults = try InjectedFaults(in: installation.path)
                let (first, count) = (Self.first ?? 1, Self.count ?? short)
                let end = ContinuousClock.now + .seconds((Self.minutes ?? 60) * 60)
                var passed: UInt64 = 0
                while passed < count, ContinuousClock.now < end {
                    let all = HistoryStep.history(seed: first + passed, length: Self.count == nil ? 3 : 14)
                    let places = Self.steps ?? Array(all.indices)
                    let history = History(seed: first + passed, all: all, places: places)
                    passed += 1
                    if Self.count != nil { Self.tell("history \(passed), of seed \(history.seed)") }
                    if let story = try await Self.story(of: history, in: installation, interrupter, faults) {
                        Issue.record("\(story)")
                    }
                }
                if Self.count != nil { print("\(passed) histories from seed \(first) on") }
            }
        }

        /// A history, or what is left of it.
        private struct History: CustomStringConvertible {
            let seed: UInt64
            let all: [HistoryStep]
            var places: [Int]
            var rules: [String] = []

            var steps: [HistoryStep] { places.map { all[$0] } }

            var description: String {
                let places = places.map(String.init).joined(separator: ",")
                return (["make histories SEED=\(seed) COUNT=1 STEPS=\(places)"] + steps.map(\.description) + rules)
                    .joined(separator: "\n")
            }
        }

        /// The shortest history in which a rule is still broken; nil where none is.
        private static func story(
            of history: History, in installation: EndToEndInstallation, _ interrupter: Interrupter,
            _ faults: InjectedFaults
        ) async throws -> History? {
            func happen(_ history: History) async throws -> History? {
                var (run, history) = (try HistoryRun(installation, interrupter, faults), history)
                do {
                    history.rules = try await run.happen(history.steps)
                } catch let error where !(error is CancellationError) {
                    history.rules = ["it could not go on: \(error)"]
                }
                return history.rules.isEmpty ? nil : history
            }
            guard var shortest = try await happen(history) else { return nil }
            // Finding the shortest may take long.
            if count != nil { tell("Broken, before it is shortened: \(shortest)") }
            // Where a signal strikes is chance. A campaign tells of everything; here it has to happen a second time.
            if count == nil {
                guard let again = try await happen(history) else { return nil }
                shortest = again
            }
            var place = shortest.places.count - 1
            while place >= 0 {
                var shorter = shortest
                shorter.places.remove(at: place)
                if let found = try await happen(shorter) { shortest = found }
                place = min(place, shortest.places.count) - 1
            }
            return shortest
        }

        private static func tell(_ words: String) {
            print(words)
            fflush(nil)
        }
    }
}
