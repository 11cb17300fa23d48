import Foundation
import JSON
import Settings
import TestSupport
import Testing

@testable import Operations

@Suite("settings, and the names that a shell completes", .timeLimit(.minutes(15)))
struct ReferenceOperationsTests {
    @Test(
        "A key or a section is explained; a name that there is not is refused with the nearest",
        arguments: [
            ("limits.rate", ["limits.rate"], nil), ("accept", ["accept.failed", "accept.invalid"], nil),
            ("jobs", ["jobs"], nil), ("limits.rat", [], "did you mean 'limits.rate'?"),
            ("rate", [], "did you mean 'limits.rate'?"), ("lmits", [], "did you mean 'limits'?"),
            ("xyzzy", [], "there is no key 'xyzzy'; 'rollcall settings' lists them"),
            ("notify.on", ["notify.on"], nil),
            ("notify.webhook", ["notify.webhook.url", "notify.webhook.secret_file"], nil),
            ("notify.after", ["notify.after"], nil), ("secret_file", [], "did you mean 'notify.webhook.secret_file'?"),
        ] as [(String, [String], String?)])
    func explained(name: String, keys: [String], hint: String?) throws {
        #expect(SettingsReference.entries(named: name).map(\.key.path) == keys)
        guard let hint else { return }
        let failure = #expect(throws: OperationFailure.self) {
            try SettingsOperation(name, json: false, console: .silent).perform()
        }
        #expect(failure?.status == .usage && failure?.message.contains(hint) == true, "\(failure?.message ?? "")")
    }

    @Test("The members of all JSON are documented by what the program itself says of them")
    func documentedJSON() throws {
        let text = JSONReference.markdown(JSONReference.commands)
        #expect(try Documentation.part("JSON", of: "docs/results.md", writing: text) == text)
        let summary = JSONReference.markdown(JSONReference.summary)
        #expect(try Documentation.part("Summary", of: "docs/results.md", writing: summary) == summary)
        let shapes = JSONReference.commands + JSONReference.summary
        #expect(shapes.allSatisfy { $0.members.allSatisfy { !$0.about.isEmpty } })
    }

    @Test("The exit codes are documented as the program has them")
    func documentedExitCodes() throws {
        let text = ExitStatus.markdown
        #expect(try Documentation.part("Exit codes", of: "docs/results.md", writing: text) == text)
    }

    @Test("Every key stands where it may be written; a job's own has no variable")
    func places() throws {
        let entries = Dictionary(grouping: SettingsReference.entries, by: \.place).mapValues { Set($0.map(\.key.path)) }
        #expect(entries[.settings]?.contains("database") == true && entries[.job]?.contains("source.glob") == true)
        #expect(entries[.both]?.contains("limits.rate") == true)
        let all = SettingsReference.entries
        #expect(Set(all.map(\.key.path)).count == all.count)
        let own = try #require(all.first { $0.key.path == "schedule" })
        #expect(SettingLine(own).variable == nil)
        let on = try #require(all.first { $0.key.path == "notify.on" })
        #expect(on.place == .both && SettingLine(on).variable == nil && on.key.about.contains("gate_closed"))
        let rate = try #require(all.first { $0.key.path == "limits.rate" })
        #expect(SettingLine(rate).variable == "ROLLCALL_LIMITS_RATE" && SettingLine(rate).default == "20")
        #expect(
            SettingsOperation.lines(rate, width: 60).map(\.plain) == [
                "limits.rate", "  calls per second, by your contract",
                "  value      a number of calls per second above 0, at most", "             100000", "  default    20",
                "  stands in  rollcall.yaml, and job files, which stand over", "             it",
                "  variable   ROLLCALL_LIMITS_RATE", "",
            ])
    }

    @Test("Batches and jobs are completed from the settings that the line names; without them there is silence")
    func completions() async throws {
        try await EmulatedInstallation.with(jobs: ["night": "{}\n", "noon": "{}\n"]) { place in
            let words = ["rollcall", "status", "--config", place.config]
            // Nothing is made by looking.
            #expect(await Completions.batches(words, "") == [])
            #expect(!FileManager.default.fileExists(atPath: place.file("var/rollcall.sqlite")))
            for name in ["day", "dusk", "eve"] {
                try place.write(accounts(["ada"]), to: "\(name).csv")
                #expect(try await place.run("\(name).csv", again: true).status == .succeeded)
            }
            #expect(await Completions.batches(words, "d") == ["dusk-2", "day-1"])
            #expect(
                await Completions.batches(["rollcall", "--config=\(place.config)"], "") == ["eve-3", "dusk-2", "day-1"])
            #expect(Completions.jobs(words, "n") == ["night", "noon"] && Completions.jobs(words, "ni") == ["night"])
            #expect(Completions.jobFiles(place.file("job")) == [place.file("jobs/")])
            #expect(Completions.jobFiles(place.file("jobs/ni")) == [place.file("jobs/night.yaml")])
            #expect(Completions.jobFiles(place.file("none/")) == [])
            let nowhere = ["rollcall", "--config", place.file("none.yaml")]
            #expect(await Completions.batches(nowhere, "") == [] && Completions.jobs(nowhere, "") == [])
        }
    }

    @Test("The settings that a line names come before the environment's")
    func config() {
        #expect(Completions.config(in: ["a", "--config", "b"], environment: ["ROLLCALL_CONFIG": "c"]) == "b")
        #expect(Completions.config(in: ["a", "--config"], environment: ["ROLLCALL_CONFIG": "c"]) == "c")
        #expect(Completions.config(in: ["a"], environment: ["ROLLCALL_CONFIG": ""]) == "rollcall.yaml")
    }
}
