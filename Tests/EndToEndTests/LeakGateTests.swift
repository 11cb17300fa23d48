import Emulator
import Foundation
import RecordStore
import TestSupport
import Testing

extension EndToEnd.Commands {
    /// The gate for the third promise: markers in every field of every kind of line, and a search of all that is left.
    @Suite("Nothing personal leaks from any kind of line")
    struct LeakGateTests {
        /// The kinds of line, by the emulator's scenario that makes them so; nil: the ordinary answer.
        private static let kinds: [(name: String, scenario: String?)] = [
            ("valid", nil), ("invalid", nil), ("failed", "echo400"), ("doubt", "reset"), ("wrongkey", "wrongkey"),
            ("garbage", "garbage"), ("page", "502"), ("plain", "plain"), ("mismatch", "mismatch"),
        ]
        private static let columns = [
            "id", "account_id", "name", "street_line1", "city", "postal_code", "user_agent", "user.note",
            "device.vendorAppId", "endCustomerRefId", "placement", "_memo",
        ]
        private static let settings =
            EndToEndInstallation.fast + """
                daemon: { poll: 50ms }
                log: { level: trace }
                output_formats: [csv, jsonl, xlsx]
                notify: [sh, -c, 'cat >> told.txt; env >> told.txt; tr "\\\\0" "\\\\n" < /proc/$PPID/cmdline >> told.txt']

                """

        /// A text that stands nowhere but in one field of one kind of line.
        private static func marker(_ kind: String, _ column: String) -> String {
            "zq\(kind)\(column.filter(\.isLetter).lowercased())"
        }

        /// All markers, and whether each is a record's id.
        private static let markers: [(text: String, isID: Bool)] = (kinds.map(\.name) + ["held", "halted", "shaped"])
            .flatMap { kind in (columns + ["email"]).map { (marker(kind, $0), $0 == "id") } }

        private static func email(_ kind: String, _ scenario: String?) -> String {
            let marker = marker(kind, "email")
            return scenario.map { "iia+\($0).\(marker)@example.com" } ?? "\(marker)@example.com"
        }

        private static func row(_ kind: String, _ scenario: String?) -> String {
            let country = kind == "invalid" ? "Nowhere" : "DE"
            return (columns.map { marker(kind, $0) } + [email(kind, scenario), country, "192.0.2.1"]).joined(
                separator: ",")
        }

        private static let header = (columns + ["email", "country", "ip"]).joined(separator: ",")

        @Test(
            "Markers stand in the input, what is given back, and ids in the results: nowhere else",
            .timeLimit(.minutes(15)))
        func gate() async throws {
            try await EndToEndInstallation.with(settings: Self.settings) { installation in
                for folder in ["jobs", "tmp"] { try installation.makeFolder(folder) }
                try installation.write(EndToEnd.Processes.DaemonTests.dropJob, to: "jobs/drop.yaml")
                let rows = Self.kinds.map { Self.row($0.name, $0.scenario) }
                let file = ([Self.header] + rows).joined(separator: "\n") + "\n"
                let daemon = try installation.start(
                    ["daemon"], environment: ["TMPDIR": installation.file("tmp")])
                await daemon.waitForError(containing: "drop folder is open")
                try installation.drop(file, as: "kinds.csv", into: "drop/inbox")
                await daemon.waitForError(containing: "batch is over batch=kinds-1 ")
                // Held, because it is identical to the record in doubt.
                try installation.drop(
                    "\(Self.header)\n\(Self.row("doubt", "reset"))\n\(Self.row("held", nil))\n", as: "held.csv",
                    into: "drop/inbox")
                await daemon.waitForError(containing: "batch is over batch=held-2 ")
                try installation.drop(Self.shaped, as: "shaped.jsonl", into: "drop/inbox")
                await daemon.waitForError(containing: "batch is over batch=shaped-3 ")
                try installation.drop(
                    "\(Self.header)\n\(Self.row("halted", "echo401"))\n", as: "halted.csv", into: "drop/inbox")
                await daemon.waitForError(containing: "batch halted batch=halted-4 ")
                var said = try Self.processTexts(of: daemon)
                for command in [
                    ["status"], ["status", "kinds-1", "--json"], ["ledger", "kinds-1", "--json"], ["audit", "--json"],
                    ["doctor"], ["jobs", "list"], ["check", "drop/archive/kinds.csv", "--json"],
                    ["rerun", "kinds-1", "--status", "in_doubt"], ["cancel", "halted-4"],
                ] {
                    let ended = try await installation.start(command).wait()
                    said.append((command.joined(separator: " "), ended.output + ended.errors))
                }
                try await installation.end(daemon)
                said.append(("the daemon's log", daemon.errorsSoFar))
                try Self.expectWholeCase(installation, log: daemon.errorsSoFar)
                for (source, text) in said {
                    for marker in Self.markers { #expect(!text.contains(marker.text), "\(source)") }
                }
                let found = try Self.search(installation)
                #expect(found.isEmpty, "\(found)")
                // So that an absence says something: the markers did go through.
                let given = try installation.text("drop/archive/kinds.csv")
                #expect(Self.kinds.allSatisfy { given.contains(Self.marker($0.name, "name")) })
            }
        }

        /// A line of JSON in the API's own shape, and one that is refused for a name that is a value itself.
        private static let shaped = [
            """
            {"id":"\(marker("shaped", "id"))","user":{"account":{"hashedAccountId":"\(marker("shaped", "account_id"))"},\
            "email":"\(email("shaped", "echo400"))","name":"\(marker("shaped", "name"))"}}
            """,
            """
            {"user":{"account":{"hashedAccountId":"h"},"email":"a@example.com","address":{"country":"\
            \(marker("shaped", "city"))"}},"\(marker("shaped", "placement"))":"\(marker("shaped", "placement"))"}
            """,
        ].map { $0 + "\n" }.joined()

        /// That every kind of line ended as it should, so that each way was gone.
        private static func expectWholeCase(_ installation: EndToEndInstallation, log: String) throws {
            let folders = try installation.names(in: "drop/out")
            let kinds = try #require(folders.first { $0.hasPrefix("kinds_") })
            let rows = CSVText.rows(try installation.text("drop/out/\(kinds)/results.csv"))
            #expect(
                rows.map { $0["status"] } == [
                    "succeeded", "invalid", "failed", "in_doubt", "in_doubt", "in_doubt", "in_doubt", "succeeded",
                    "in_doubt",
                ])
            let workbook = try contents(of: "drop/out/\(kinds)/results.xlsx", in: installation)
            #expect(workbook?.holds(Data(marker("valid", "id").utf8)) == true, "the workbook can be searched")
            let held = try #require(folders.first { $0.hasPrefix("held_") })
            #expect(
                CSVText.rows(try installation.text("drop/out/\(held)/results.csv")).map { $0["status"] }
                    == ["in_doubt", "succeeded"])
            #expect(log.contains("halted-4") && log.contains("no calls for now"), "\(log)")
            let told = try installation.text("told.txt")
            #expect(told.contains("kinds-1") && told.contains("halted-4"), "notifications were sent")
        }

        /// What other processes of the machine can read of the daemon.
        private static func processTexts(of process: RollcallProcess) throws -> [(String, String)] {
            try ["cmdline", "comm"].map { name in
                return ("/proc/…/\(name)", try KernelFile.text(at: "/proc/\(process.identifier)/\(name)"))
            }
        }

        /// Files below the installation with a marker in them that may have none, each with the marker.
        private static func search(_ installation: EndToEndInstallation) throws -> [String] {
            let enumerator = FileManager.default.enumerator(atPath: installation.path)
            var found: [String] = []
            for case let path as String in enumerator ?? .init() {
                let name = URL(filePath: path).lastPathComponent
                // The input, what is given back of it, and the emulator's own log of calls.
                let isGivenBack = ["failed.", "in_doubt.", "cancelled."].contains(where: name.hasPrefix)
                if path.hasPrefix("drop/archive/") || isGivenBack || path == "calls.jsonl" { continue }
                guard let data = try contents(of: path, in: installation) else { continue }
                for marker in markers where data.range(of: Data(marker.text.utf8)) != nil {
                    if marker.isID, name.hasPrefix("results.") { continue }
                    found.append("\(path): \(marker.text)")
                }
            }
            return found
        }

        /// A file's bytes; of a workbook, which is a zip, those of all its parts. Nil for a folder.
        private static func contents(of path: String, in installation: EndToEndInstallation) throws -> Data? {
            guard path.hasSuffix(".xlsx") else { return FileManager.default.contents(atPath: installation.file(path)) }
            let script = """
                import sys, zipfile
                file = zipfile.ZipFile(sys.argv[1])
                for name in file.namelist(): sys.stdout.buffer.write(file.read(name))
                """
            let (status, parts) = try SpawnedProcess.run(
                "/usr/bin/python3", ["-c", script, installation.file(path)])
            #expect(status == 0, "\(path)")
            return parts
        }
    }
}
