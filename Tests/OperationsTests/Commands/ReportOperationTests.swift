import Foundation
import RecordStore
import Results
import TestSupport
import Testing

@testable import Operations

@Suite("report", .timeLimit(.minutes(15)))
struct ReportOperationTests {
    private func report(_ batch: String, in place: EmulatedInstallation) async throws -> OperationOutcome {
        try await place.perform { config, console in
            try await ReportOperation(config: config, batch: batch, console: console).perform()
        }
    }

    @Test("The page is written anew beside the files of a batch that is over, without a call, and its path printed")
    func anew() async throws {
        try await EmulatedInstallation.with { place in
            try place.write(accounts(["ada", "iia+400", "x", "iia+503"]), to: "day.csv")
            #expect(try await place.run("day.csv").status == .finishedWithFailures)
            let (failed, calls) = (try place.text("out/day-1/failed.csv"), try place.callsRead())
            try place.write("an old page", to: "out/day-1/report.html")
            let ended = try await report("day-1", in: place)
            #expect(ended.status == .succeeded && ended.output.hasSuffix("/out/day-1/report.html\n"), "\(ended)")
            let page = try String(contentsOfFile: String(ended.output.dropLast()), encoding: .utf8)
            #expect(page.contains("1 of 4 lines answered; 2 to correct; 1 to send again"))
            #expect(try place.text("out/day-1/failed.csv") == failed && place.callsRead() == calls)
            // It vouches for the page, so the files count as whole, and the same file is passed over.
            #expect(try await place.run("day.csv").status == .inputUnusable)
            // Without the other files all are written.
            try FileManager.default.removeItem(atPath: place.file("out/day-1"))
            let all = try await report("1", in: place)
            #expect(all.status == .succeeded && all.output == ended.output, "\(all)")
            #expect(try place.text("out/day-1/failed.csv") == failed && place.callsRead() == calls)
        }
    }

    @Test("A batch that is not over has none, and one that there is not is refused")
    func refused() async throws {
        let settings = EmulatedSettings.fast + "confirm_above: { calls: 1 }\n"
        try await EmulatedInstallation.with(settings: settings) { place in
            try place.write(accounts(["ada", "bob"]), to: "day.csv")
            #expect(try await place.run("day.csv", yes: false).status == .unfinished)
            let waiting = try await report("day-1", in: place)
            #expect(waiting.status == .unfinished && waiting.output.isEmpty)
            #expect(waiting.errors.contains("day-1 is awaiting_confirmation: its report is written when it is over"))
            #expect(try await report("night-9", in: place).status == .usage)
        }
    }

    @Test("A job given by its file is named by it, for the jobs' folder does not hold it")
    func jobFile() async throws {
        try await EmulatedInstallation.with(jobs: ["night": "{}\n"]) { place in
            try place.write("{}\n", to: "special.yaml")
            for (name, job, printed) in [
                ("a", place.file("special.yaml"), place.file("special.yaml")),
                ("b", place.file("jobs/night.yaml"), "night"), ("c", "night", "night"),
            ] {
                try place.write(accounts([name, "x"]), to: "\(name).csv")
                _ = try await place.perform { config, console in
                    let request = RunRequest(files: [place.file("\(name).csv")], config: config, job: job)
                    return try await RunOperation(request, console: console).perform()
                }
                let batch = try #require(try await place.reading { try await $0.batches().last })
                let page = try place.text("out/\(batch.name)/report.html")
                #expect(page.contains("/out/\(batch.name)/failed.csv --job \(printed)</pre>"), "\(page)")
            }
        }
    }
}
