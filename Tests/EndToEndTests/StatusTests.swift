import Emulator
import Foundation
import JSON
import RecordStore
import Testing

extension EndToEnd.Commands {
    @Suite("What status tells")
    struct StatusTests {
        private static let priced = "pricing: { currency: USD, tiers: [ { each: 0.10 } ] }\n"

        /// The batches of `status --json`, by name.
        private static func batches(_ installation: EndToEndInstallation) async throws -> [String: JSONNode] {
            let ended = try await installation.rollcall("status", "--json")
            let root = try JSONDocument(parsing: Array(ended.output.utf8)).root
            var found = [String: JSONNode]()
            for place in 0..<4 {
                guard let batch = root["batches"]?[place], let name = batch["batch"]?.string else { break }
                found[name] = batch
            }
            return found
        }

        @Test("A batch that nobody runs is stopped, with what is left of it; one that is over has its results and cost")
        func stopped() async throws {
            let settings =
                EndToEndInstallation.fast.replacing("limits: {", with: "limits: { batch_calls: 3,") + Self.priced
            try await EndToEndInstallation.with(settings: settings) { installation in
                try installation.write(Accounts.csv(7), to: "day.csv")
                #expect(try await installation.rollcall("run", "day.csv").status == 3)
                let paused = try await installation.rollcall("status", "day-1")
                #expect(paused.output.contains("paused") && !paused.output.contains("stopped"), "\(paused.output)")
                #expect(try await installation.rollcall("resume", "day-1").status == 0)
                let one = try await installation.rollcall("status", "day-1")
                for text in ["state        stopped", "resumes      when its file is run", "4 calls, at least 1s"] {
                    #expect(one.output.contains(text), "\(one.output)")
                }
                #expect(one.output.contains("cost         USD 0.3"), "\(one.output)")
                #expect(try await installation.rollcall("status").output.contains("stopped"))
                // Nothing moves, so there is nothing to be watched.
                #expect(try await installation.rollcall("status", "--watch").status == 0)
                var batch = try #require(try await Self.batches(installation)["day-1"])
                #expect(batch["state"]?.string == "running" && batch["stopped"]?.boolean == true)
                #expect(batch["calls_to_go"]?.integer == 4 && batch["results"] == nil)

                let ended = try await installation.rollcall(
                    "run", "day.csv", environment: ["ROLLCALL_LIMITS_BATCH_CALLS": "20"])
                #expect(ended.status == 0, "\(ended.errors)")
                let over = try await installation.rollcall("status", "day-1")
                for text in ["cost         USD 0.7", "results      "] {
                    #expect(over.output.contains(text), "\(over.output)")
                }
                batch = try #require(try await Self.batches(installation)["day-1"])
                #expect(batch["stopped"]?.boolean == false && batch["calls_to_go"] == nil)
                #expect(batch["results"]?.string?.hasSuffix("out/day-1") == true)
                #expect(batch["cost"]?["currency"]?.string == "USD")
            }
        }

        @Test("Only the batch that a run is at is running")
        func besideARun() async throws {
            let (calls, called) = AsyncStream<Int>.makeStream()
            var knobs = EmulatorConfiguration()
            knobs.onCall = { called.yield($0) }
            let settings = EndToEndInstallation.fast.replacing("limits: {", with: "limits: { batch_calls: 1,")
            try await EndToEndInstallation.with(knobs, settings: settings) { installation in
                try installation.write(Accounts.csv(2), to: "one.csv")
                #expect(try await installation.rollcall("run", "one.csv").status == 3)
                #expect(try await installation.rollcall("resume", "one-1").status == 0)
                try installation.write(Accounts.csv(scenarios: ["iia+hang"]), to: "two.csv")
                let process = try installation.start(["run", "two.csv"])
                for await call in calls where call == 2 { break }
                let batches = try await Self.batches(installation)
                #expect(batches["one-1"]?["stopped"]?.boolean == true)
                #expect(batches["two-2"]?["state"]?.string == "running")
                #expect(batches["two-2"]?["stopped"]?.boolean == false)
                process.signal(SIGKILL)
                #expect(try await process.wait().status == -SIGKILL)
                #expect(try await Self.batches(installation)["two-2"]?["stopped"]?.boolean == true)
                #expect(installation.emulator.calls.total == 2)
            }
        }
    }
}
