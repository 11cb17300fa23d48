import Foundation
import Operations
import TestSupport
import Testing

@testable import rollcall

extension EndToEnd {
    @Suite("What the package is made of")
    struct PackagingTests {
        private static let folder = Documentation.root.appending(path: "packaging").path

        @Test(
            "The sample is the repository's, or that beside the program; neither is there: the repository's is named",
            arguments: [
                (
                    ["jobs/samples/accounts.csv", "/usr/share/rollcall/samples/accounts.csv"],
                    "jobs/samples/accounts.csv"
                ),
                (["/usr/share/rollcall/samples/accounts.csv"], "/usr/share/rollcall/samples/accounts.csv"),
                ([], "jobs/samples/accounts.csv"),
            ])
        func sample(readable: [String], path: String) {
            #expect(SampleFile.path(program: "/usr/bin/rollcall", isReadable: readable.contains) == path)
        }

        /// A script of the package as it is installed, run with arguments; its status and what it says.
        private static func run(_ script: String, _ arguments: [String]) throws -> (status: Int32, errors: String) {
            let text = try String(contentsOfFile: "\(folder)/debian/\(script)", encoding: .utf8)
                .replacing("@VERSION@", with: Version.current)
            let (status, told) = try SpawnedProcess.run("/bin/sh", ["-c", text, script] + arguments)
            return (status, String(decoding: told, as: UTF8.self))
        }

        @Test(
            "An older version over a newer one is refused, naming both; upgrades and new installations are not",
            arguments: [
                (["upgrade", "99.0.0"], 1), (["upgrade", "0.0.1"], 0), (["upgrade", Version.current], 0),
                (["install"], 0), (["upgrade"], 0),
            ] as [([String], Int32)])
        func downgrade(arguments: [String], status: Int32) throws {
            let ended = try Self.run("preinst", arguments)
            #expect(ended.status == status, "\(ended.errors)")
            if status == 1 { #expect(ended.errors.contains("\(Version.current) is older than 99.0.0")) }
        }

        @Test("Removing it says what is left and where")
        func removal() throws {
            let (status, text) = try SpawnedProcess.run("/bin/sh", ["\(Self.folder)/debian/postrm", "purge"])
            let told = String(decoding: text, as: UTF8.self)
            #expect(status == 0)
            #expect(told.contains("/var/lib/rollcall") && told.contains("/var/lib/rollcall-keys"), "\(told)")
        }

        @Test("The unit starts the packaged program, and gives nobody the right to change owners")
        func unit() throws {
            let unit = try String(contentsOfFile: "\(Self.folder)/rollcall.service", encoding: .utf8)
            for line in [
                "ExecStart=/usr/bin/rollcall daemon --config /etc/rollcall/rollcall.yaml", "RestrictSUIDSGID=yes",
                "PrivateMounts=yes", "ProtectSystem=strict", "NoNewPrivileges=yes",
            ] {
                #expect(unit.contains("\n\(line)\n"), "\(line)")
            }
            #expect(!unit.contains("\nSystemCallFilter=@chown"))
            let dropIn = try String(contentsOfFile: "\(Self.folder)/exchange-group.conf", encoding: .utf8)
            #expect(dropIn.contains("\nRestrictSUIDSGID=no\nSystemCallFilter=@chown\n"))
        }
    }
}
