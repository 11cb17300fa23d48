import ArgumentParser
import Basics
import Emulator
import Foundation
import Operations
import TestSupport
import Testing

@testable import rollcall

extension EndToEnd.Commands {
    @Suite("The documented commands")
    struct DocumentedCommandsTests {
        /// What stands in a page for something of the reader's.
        private static let placeholders = [
            "BATCH": "day-1", "FILE": "day.csv", "J": "nightly", "CODE": "A_CODE", "DATE": "2026-11-30",
        ]

        @Test("Every command line of the documentation is understood", arguments: try Documentation.pages())
        func areUnderstood(page: DocumentationPage) throws {
            // What earlier versions knew may be gone.
            guard page.path != "CHANGELOG.md" else { return }
            let tree = CommandTree(Rollcall.self)
            for line in Self.commandLines(of: page) {
                let arguments = Self.arguments(of: line)
                #expect(tree.fault(in: arguments) == nil, "\(page.path): '\(line)'")
                // In a text a command can go by its name alone.
                guard arguments.count > 1, arguments[0] != "help" else { continue }
                do {
                    _ = try Rollcall.parseAsRoot(arguments)
                } catch {
                    Issue.record("\(page.path): '\(line)': \(Rollcall.message(for: error))")
                }
            }
        }

        @Test("Help is in plain characters: what makes man pages of it drops all others")
        func plainHelp() async throws {
            let help = try await RollcallProcess(["--experimental-dump-help"], in: "/").wait()
            #expect(help.status == 0 && help.output.count > 10_000)
            for line in help.output.split(separator: "\n") where !line.allSatisfy(\.isASCII) {
                Issue.record("\(line)")
            }
        }

        @Test("The JSON of keys is documented by what the program itself says of it")
        func documentedJSONOfKeys() throws {
            let text = JSONReference.markdown(KeysJSON.shapes)
            #expect(try Documentation.part("JSON of keys", of: "docs/results.md", writing: text) == text)
        }

        @Test("Command lines are found in blocks and in the text")
        func areFound() throws {
            let lines = try Self.commandLines(of: Documentation.page("README.md"))
            #expect(lines.contains("rollcall doctor --one-call"))
            #expect(lines.contains("rollcall keys fingerprint FILE"))
            #expect(Self.arguments(of: "rollcall run 'a b.csv' --job J") == ["run", "a b.csv", "--job", "nightly"])
        }

        @Test("The README's lines for playing with the emulator work when they are pasted at once")
        func playingByHandWorks() async throws {
            let block = try #require(try Self.readmeBlock(below: "Two commands", with: "rollcall emulator"))
            let folder = FileManager.default.temporaryDirectory.appending(path: "rollcall-readme-\(UUID().uuidString)")
                .path
            // Built already; the port of the page may be taken on this machine.
            let emulate = "rollcall emulator --dir /tmp/iia"
            let lines = block.lines.filter { !$0.hasPrefix("make ") }.map {
                $0.replacing(emulate, with: emulate + " --listen 127.0.0.1:0").replacing("/tmp/iia", with: folder)
            }
            #expect(lines.count == 2)
            let ended = try await Self.pasted(lines)
            #expect([0, 2, 4].contains(ended.status), "\(ended.output)")
            #expect(ended.output.contains("succeeded"), "\(ended.output)")
            let process = try #require(ended.output.firstMatch(of: /until: kill (\d+)/).flatMap { Int32($0.output.1) })
            kill(process, SIGTERM)
            // Whoever reaps it, its command line is gone with it.
            try await waitUntil { (FileManager.default.contents(atPath: "/proc/\(process)/cmdline") ?? Data()).isEmpty }
            try FileManager.default.removeItem(atPath: folder)
        }

        /// Gives lines to a shell all at once, as a terminal does, in the repository with the tool in its `PATH`.
        private static func pasted(_ lines: [String]) async throws -> (status: Int32, output: String) {
            let (shell, input, output) = (Process(), Pipe(), Pipe())
            shell.executableURL = URL(filePath: "/bin/sh")
            shell.currentDirectoryURL = Documentation.root
            var environment = ProcessInfo.processInfo.environment.filter { !$0.key.hasPrefix("ROLLCALL_") }
            let tools = RollcallProcess.executable.deletingLastPathComponent().path
            environment["PATH"] = "\(tools):\(environment["PATH"] ?? "/usr/bin:/bin")"
            shell.environment = environment
            (shell.standardInput, shell.standardOutput, shell.standardError) = (input, output, output)
            try shell.run()
            try input.fileHandleForWriting.write(contentsOf: Data(lines.joined(separator: "\n").utf8))
            try input.fileHandleForWriting.close()
            let bytes = try await BlockingWork.run { try output.fileHandleForReading.readToEnd() ?? Data() }
            shell.waitUntilExit()
            return (shell.terminationStatus, String(decoding: bytes, as: UTF8.self))
        }

        @Test("An emulator that cannot start in the background says why, and leaves nothing behind")
        func backgroundThatFails() async throws {
            try await EndToEndInstallation.with { installation in
                try installation.write("no folder", to: "taken")
                let ended = try await installation.rollcall("emulator", "--background", "--dir", "taken")
                #expect(
                    ended.status == 78 && ended.errors.hasPrefix("rollcall: the emulator's folder: cannot be made"),
                    "\(ended.errors)")
                let port = try await installation.emulator.port()
                let second = try await installation.rollcall(
                    "emulator", "--background", "--dir", "api", "--listen", "127.0.0.1:\(port)")
                let reason = "rollcall: 127.0.0.1:\(port) cannot be listened on (Address already in use)"
                #expect(second.status == 78 && second.errors.hasPrefix(reason), "\(second.errors)")
                #expect(second.output.isEmpty)
            }
        }

        @Test("The README's first real run works as it stands, against the emulator")
        func theFirstRealRunWorks() async throws {
            let heading = "The first real run: Mastercard's sandbox"
            let block = try #require(try Self.readmeBlock(below: heading, with: "doctor"))
            let lines = Self.commandLines(in: block)
            #expect(lines.count == 4)
            try await EndToEndInstallation.with { installation in
                let readme = try Documentation.page("README.md").prose.joined(separator: "\n")
                let header = "account_id,name,email"
                #expect(readme.contains("`\(header)`"))
                let rows = "a-1,Ann,ann@example.com\na-2,Ben,ben@example.com\n"
                try installation.write("\(header)\n\(rows)", to: "accounts.csv")
                for line in lines {
                    let ended = try await installation.start(Self.arguments(of: line)).wait()
                    #expect(ended.status == 0, "\(line): \(ended.output)\(ended.errors)")
                }
                #expect(installation.emulator.calls.total == 3)
                for name in ["results.csv", "results.jsonl", "summary.json", "report.html"] {
                    #expect(FileManager.default.fileExists(atPath: installation.file("out/accounts-1/\(name)")))
                }
            }
        }

        @Test("The version is that of the changelog's latest release")
        func versionIsTheChangelogs() async throws {
            let headings = try Documentation.page("CHANGELOG.md").headings
            #expect(headings.contains("[Unreleased]"))
            let releases = headings.compactMap { $0.wholeMatch(of: /\[(\d+\.\d+\.\d+)\] - \d{4}-\d\d-\d\d/)?.output.1 }
            let latest = try #require(releases.first)
            let ended = try await RollcallProcess(["--version"], in: Documentation.root.path).wait()
            #expect(ended.status == 0 && ended.output == "\(latest)\n")
        }

        private static func readmeBlock(below heading: String, with words: String) throws -> DocumentationPage.Block? {
            try Documentation.page("README.md").blocks.first { $0.heading == heading && $0.text.contains(words) }
        }

        /// What begins with `rollcall`, in blocks and in the text.
        private static func commandLines(of page: DocumentationPage) -> [String] {
            page.blocks.filter { $0.language == "sh" }.flatMap(commandLines)
                + page.spans.filter { $0.hasPrefix("rollcall ") }
        }

        /// The lines of a block that begin with `rollcall`, without the remarks and the shell's signs behind them.
        private static func commandLines(in block: DocumentationPage.Block) -> [String] {
            block.lines.filter { $0.hasPrefix("rollcall ") }.map {
                $0.replacing(/\s+#.*$/, with: "").replacing(/\s&$/, with: "").replacing(/\s>\s\S+$/, with: "")
            }
        }

        /// A line's words as a shell would give them, without the first.
        private static func arguments(of line: String) -> [String] {
            let words = line.matches(of: /'([^']*)'|(\S+)/).map { String($0.output.1 ?? $0.output.2 ?? "") }
            return words.dropFirst().map { placeholders[$0] ?? $0 }
        }
    }
}
