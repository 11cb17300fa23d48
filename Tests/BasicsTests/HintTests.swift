import Foundation
import TestSupport
import Testing

@testable import Basics

@Suite("Command lines in messages")
struct HintTests {
    @Test(
        "They are quoted for a shell",
        arguments: [
            (Hint.status(), "rollcall status"), (.resume(batch: "night-1"), "rollcall resume night-1"),
            (.start(batch: "my file-1"), #"rollcall start my\ file-1"#),
            (.cancel(batch: "it's $HOME-1"), #"rollcall cancel it\'s\ \$HOME-1"#),
            (
                .run(files: ["a.csv", "-b.csv"], job: "nightly", again: true),
                "rollcall run a.csv ./-b.csv --job nightly --again"
            ),
            (.rerun(batch: "Zoë-1", status: "in_doubt", agreed: true), "rollcall rerun Zoë-1 --status in_doubt --yes"),
            (.resolve(batch: "a-1", line: 3, decision: "failed"), "rollcall resolve a-1 --line 3 --as failed"),
            (.resumeAfterRestore, "rollcall resume --after-restore"),
            (.help(["jobs", "list"]), "rollcall help jobs list"),
        ])
    func quoted(hint: Hint, line: String) {
        #expect(hint.commandLine == line)
        #expect("\(hint)" == "'\(line)'")
    }

    @Test("They name the settings file where one was named, and only where the command takes one")
    func settings() {
        Hint.$config.withValue("/srv/my settings.yaml") {
            #expect(Hint.daemon.commandLine == #"rollcall daemon --config /srv/my\ settings.yaml"#)
            #expect(Hint.emulator(folder: "/tmp/iia").commandLine == "rollcall emulator --dir /tmp/iia")
            #expect(Hint.help(["run"]).commandLine == "rollcall help run")
        }
    }

    @Test(
        "A word is read by a shell as the text it was made from",
        arguments: [
            "", "a", "a b", "a'b", "a\"b", "a\\b", "$(x)`y`", "*?[a]", "~", "#a", "a;b|c&d<e>f", "a\nb'c", "Zoë 名", "!",
            "{a,b}",
        ])
    func roundTrip(text: String) throws {
        #expect(try Shell.words("printf %s \(ShellQuoting.word(text))") == text)
    }
}

/// The machine's own shell, which judges what is quoted for it.
private enum Shell {
    /// What a script prints.
    static func words(_ script: String) throws -> String {
        let (status, text) = try SpawnedProcess.run("/bin/sh", ["-c", script])
        try #require(status == 0)
        return String(decoding: text, as: UTF8.self)
    }
}
