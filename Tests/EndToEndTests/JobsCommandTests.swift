import Basics
import Emulator
import Foundation
import JSON
import RecordStore
import Testing

extension EndToEnd.Commands {
    @Suite("Job files on the command line")
    struct JobsCommandTests {
        private static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()

        private func bringJobs(to installation: EndToEndInstallation) throws {
            let folder = installation.file("jobs")
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            for name in ["nightly-screening", "drop-folder", "rerun-failed"] {
                let shipped = Self.root.appending(path: "jobs/\(name).yaml").path
                try FileManager.default.copyItem(atPath: shipped, toPath: "\(folder)/\(name).yaml")
            }
        }

        @Test("The jobs that are shipped pass the check, and one wrong file ends it with 78")
        func check() async throws {
            try await EndToEndInstallation.with { installation in
                try bringJobs(to: installation)
                let right = try await installation.rollcall("jobs", "check")
                #expect(right.status == 0, "\(right.output)\(right.errors)")
                #expect(right.output.split(separator: "\n").count == 3)
                try installation.write("windw: 22:00-06:00\nrate: 5\n", to: "jobs/evening.yaml")
                let wrong = try await installation.rollcall("jobs", "check")
                #expect(wrong.status == 78)
                #expect(
                    wrong.output.contains("evening.yaml, line 1: the key 'windw' is unknown: the nearest is 'window'"))
                #expect(wrong.output.contains("line 2: the key 'rate' is unknown: the nearest is 'limits.rate'"))
                #expect(try await installation.rollcall("jobs", "check", "jobs/drop-folder.yaml").status == 0)
                #expect(try await installation.rollcall("jobs", "check", "drop-folder", "evening").status == 78)
                #expect(installation.emulator.calls.total == 0)
            }
        }

        @Test("The list shows when a job is due, by its clock and in UTC")
        func list() async throws {
            try await EndToEndInstallation.with { installation in
                try bringJobs(to: installation)
                let nightly = try installation.text("jobs/nightly-screening.yaml")
                try installation.write(
                    nightly.replacing("enabled: false", with: "enabled: true"), to: "jobs/nightly-screening.yaml")
                let table = try await installation.rollcall("jobs", "list")
                #expect(table.status == 0)
                #expect(table.output.contains(/nightly-screening +yes .*22:00 \+0[12]:00 .*2[01]:00:00 UTC/))
                let json = try await installation.rollcall("jobs", "list", "--json")
                let jobs = try JSONDocument(parsing: Array(json.output.utf8)).root
                #expect(jobs.count == 3)
            }
        }

        @Test("The list tells of a schedule that has run under a clock that was days ahead")
        func clockFault() async throws {
            try await EndToEndInstallation.with { installation in
                try installation.makeFolder("jobs")
                try installation.write(
                    "schedule: \"0 22 * * *\"\nsource: { glob: \"in/*.csv\" }\n", to: "jobs/nightly.yaml")
                try installation.write(Accounts.csv(1), to: "day.csv")
                #expect(try await installation.rollcall("run", "day.csv").status == 0)
                #expect(try await !installation.rollcall("jobs", "list").output.contains("clock fault"))
                let store = try await installation.database.openForOperating()
                let ahead = WallTime.now() + .seconds(3 * 86_400)
                try await store.saveLastDue(ahead, ofSchedule: "nightly", times: "")
                try await store.close()
                let list = try await installation.rollcall("jobs", "list")
                #expect(list.status == 0 && list.output.contains("nightly: clock fault: it ran for "), "\(list.output)")
                let json = try await installation.rollcall("jobs", "list", "--json")
                let jobs = try JSONDocument(parsing: Array(json.output.utf8)).root.elements.map {
                    $0["clock_fault"]?.string
                }
                #expect(jobs.count == 1)
                #expect(jobs.first??.wholeMatch(of: /20..-..-..T..:..:..\.[0-9]{3}Z/) != nil, "\(json.output)")
            }
        }

        /// The window is taken out: at whatever hour the test runs, its calls may be made.
        @Test("A file runs under the nightly job, and under the drop folder's, to the last line")
        func run() async throws {
            try await EndToEndInstallation.with { installation in
                try bringJobs(to: installation)
                let nightly = try installation.text("jobs/nightly-screening.yaml")
                try installation.write(
                    nightly.replacing(/window: .*/, with: "").replacing("rate: 10 ", with: "rate: 2000 "),
                    to: "jobs/nightly-screening.yaml")
                for job in ["nightly-screening", "drop-folder"] {
                    try installation.write(Accounts.csv(10), to: "\(job).csv")
                    let ended = try await installation.rollcall("run", "\(job).csv", "--job", job)
                    #expect(ended.status == 0, "\(ended.errors)")
                }
                let accounting = try await Accounting(installation, batch: "nightly-screening-1")
                try accounting.expectEveryLineAccounted(total: 10)
            }
        }

        @Test("The drop folder that is shipped answers what is dropped, once it is switched on")
        func dropFolder() async throws {
            try await EndToEndInstallation.with { installation in
                try bringJobs(to: installation)
                let shipped = try installation.text("jobs/drop-folder.yaml")
                try installation.write(
                    shipped.replacing("enabled: false", with: "enabled: true")
                        .replacing("settle: 30s", with: "settle: 50ms"), to: "jobs/drop-folder.yaml")
                try installation.makeFolder("drop/inbox")
                let daemon = try await installation.daemon()
                try installation.drop(Accounts.csv(10), as: "day.csv", into: "drop/inbox")
                await daemon.waitForError(containing: "batch is over batch=day-1 ")
                try await installation.end(daemon)
                #expect(try installation.names(in: "drop/archive") == ["day.csv"])
                #expect(try installation.names(in: "drop/out").count == 1)
                #expect(installation.emulator.calls.total == 10)
            }
        }

        @Test("A batch of a job outside the folder can be resolved and sent again; the daemon is not given any")
        func outside() async throws {
            try await EndToEndInstallation.with { installation in
                try installation.write("description: elsewhere\n", to: "outside.yaml")
                let lines = (1...6).map { number in
                    Accounts.line(
                        number, email: number < 3 ? "iia+\(number == 1 ? "400" : "reset")x1@example.com" : nil)
                }
                try installation.write(Accounts.header + lines.joined(), to: "day.csv")
                #expect(try await installation.rollcall("run", "day.csv", "--job", "outside.yaml").status == 4)
                let resolved = try await installation.rollcall("resolve", "day-1", "--line", "3", "--as", "failed")
                #expect(resolved.status == 0 && resolved.errors.contains("'outside'"), "\(resolved.errors)")
                #expect(try installation.results("day-1")[1]["status"] == "failed")
                let rerun = try await installation.rollcall("rerun", "day-1", "--job", "outside.yaml", "--yes")
                #expect(rerun.status == 0, "\(rerun.errors)")
                #expect(installation.emulator.calls.total == 8)
                let refused = try await installation.rollcall("submit", "day.csv", "--job", "outside.yaml")
                #expect(refused.status == 78 && refused.errors.contains("jobs"), "\(refused.errors)")
            }
        }

        @Test("The doctor looks at the jobs, too")
        func doctor() async throws {
            try await EndToEndInstallation.with { installation in
                try bringJobs(to: installation)
                let well = try await installation.rollcall("doctor")
                #expect(well.status == 0, "\(well.output)")
                #expect(well.output.contains("job drop-folder: is switched off"))
                #expect(well.output.contains("runner: nobody runs batches now"))
                try installation.write("enable: true", to: "jobs/evening.yaml")
                let ill = try await installation.rollcall("doctor")
                #expect(ill.status == 78)
                #expect(ill.output.contains("FAILED  job evening: "))
            }
        }
    }
}
