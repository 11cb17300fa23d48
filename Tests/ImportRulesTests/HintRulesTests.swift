import Foundation
import Testing

@Suite("Command lines in messages")
struct HintRulesTests {
    /// The commands a person can be told to run.
    private static let commands = [
        "run", "daemon", "submit", "check", "status", "records", "rerun", "start", "pause", "resume", "cancel",
        "ledger",
        "resolve", "export", "backup", "restore", "doctor", "jobs", "keys", "jwe", "emulator", "demo", "report",
        "purge",
        "forget", "audit", "settings", "notify", "admin", "nodes", "move", "migrate", "help",
    ]
    /// Where such words stand for another reason.
    private static let spared = [
        "Sources/Basics/Hint.swift": "makes them",
        "Sources/Emulator/EmulatorDirectory.swift": "knows the files that it wrote by their first line",
        "Sources/RecordStore/LedgerFiles/LedgerHighWaterMark.swift": "begins its file with such words",
        "Sources/RecordStore/LedgerFiles/LedgerTrace.swift": "begins its file with such words",
    ]

    @Test("All of them are hints, which are quoted for a shell and name the settings")
    func allAreHints() throws {
        let files = try ImportScan.modules().flatMap(ImportScan.swiftFiles).filter { Self.spared[$0] == nil }
        for file in files {
            let text = try String(contentsOf: ImportScan.root.appending(path: file), encoding: .utf8)
            for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
                #expect(!Self.tells(line), "\(file):\(index + 1) tells a person what to run; make it a Hint")
            }
        }
    }

    @Test(
        "They are recognised in strings and not in comments",
        arguments: [
            (#"    text = "see 'rollcall status' for it""#, true), (#""then `rollcall resume \(batch)`""#, true),
            (#""rollcall doctor""#, true), ("    /// `rollcall status`: the batches", false),
            ("// rollcall run", false), (#"label: "rollcall run by""#, true), (#"Logger(label: "rollcall")"#, false),
            (#""rollcall: \(failure.message)""#, false),
        ])
    func recognised(line: String, tells: Bool) {
        #expect(Self.tells(line[...]) == tells)
    }

    private static func tells(_ line: Substring) -> Bool {
        guard line.contains("rollcall "), !line.drop(while: \.isWhitespace).hasPrefix("//") else { return false }
        return line.matches(of: /\brollcall ([a-z]+)\b/).contains { commands.contains(String($0.output.1)) }
    }
}
