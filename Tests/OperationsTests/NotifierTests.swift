import Basics
import Foundation
import JobRunner
import Logging
import Settings
import TestSupport
import Testing

@testable import Operations

@Suite("Notification commands")
final class NotifierTests: Sendable {
    let folder: String
    let clock = HeldClock()
    let lines = LogLines()

    init() throws {
        folder = FileManager.default.temporaryDirectory.appending(path: "rollcall-notify-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: folder) }

    private func notifier(_ environment: [String: String] = [:]) -> Notifier {
        let path = ["PATH": "/usr/bin:/bin"]
        let log = Logger(label: "test") { [lines] _ in LineHandler(lines: lines) }
        return Notifier(folder: folder, environment: path.merging(environment) { $1 }, clock: clock, log: log)
    }

    private func script(_ text: String) throws -> [String] {
        let path = "\(folder)/tell-\(UUID().uuidString)"
        try Data("#!/bin/sh\n\(text)\n".utf8).write(to: URL(filePath: path))
        try FileManager.default.setAttributes([.posixPermissions: 0o700], ofItemAtPath: path)
        // Not executed itself: a process that another test starts just now may still have it open for writing.
        return ["/bin/sh", path]
    }

    private func text(_ name: String) throws -> String {
        String(decoding: try Data(contentsOf: URL(filePath: "\(folder)/\(name)")), as: UTF8.self)
    }

    private let missed = BatchNotice(
        missedBy: "nightly", due: 1_763_900_000_000, count: 2, runsNow: true, at: 1_763_900_060_000)
    private let rejected = BatchNotice(
        rejectedBy: "drop", "/drop/rejected/a b.csv",
        because: InputError(file: "a b.csv", line: 1, rule: "unknown column"), at: 1_763_900_000_000)

    @Test("The event comes as one JSON object on standard input, in the settings' folder, without our environment")
    func event() async throws {
        let command = try script("cat > event.json; env > variables; pwd > place; echo noise; echo noise >&2")
        let notifier = notifier([
            "ROLLCALL_API_CLIENT_KEY_PASSWORD": "rosebud", "NOTIFY_SOCKET": "@x", "WATCHDOG_USEC": "1", "HOME": "/h",
        ])
        notifier.enqueue(missed, to: .init(command: command, events: [.missed]))
        notifier.finish()
        await notifier.run()
        let event = try text("event.json")
        #expect(event.hasSuffix("\n") && event.filter { $0 == "\n" }.count == 1)
        let host = ProcessInfo.processInfo.hostName
        let expected = """
            {"at":"2025-11-23T12:14:20.000Z","due":"2025-11-23T12:13:20.000Z","event":"missed","host":"\(host)",\
            "job":"nightly","missed":2,"reason":"the daemon did not run when the job was due","remedy":"it runs now"}
            """
        #expect(String(event.dropLast()) == expected)
        #expect(try text("place") == folder + "\n" || text("place") == "/private" + folder + "\n")
        let variables = try text("variables")
        #expect(variables.contains("HOME=/h\n") && variables.contains("PATH="))
        #expect(!variables.contains("ROLLCALL_") && !variables.contains("rosebud"))
        #expect(!variables.contains("NOTIFY_SOCKET") && !variables.contains("WATCHDOG_USEC"))
        #expect(lines.all.isEmpty)
    }

    @Test("Who does not want to know is not told")
    func events() async throws {
        let command = try script("cat >> events")
        let notifier = notifier()
        notifier.enqueue(missed, to: .init(command: command, events: [.completed, .rejected]))
        notifier.enqueue(missed, to: nil)
        notifier.enqueue(rejected, to: .init(command: command, events: [.completed, .rejected]))
        notifier.finish()
        await notifier.run()
        #expect(try text("events").split(separator: "\n").count == 1)
        let told = try text("events")
        #expect(told.contains(#""event":"rejected""#) && told.contains(#""file":"a b.csv""#))
        #expect(told.contains(#""next":"rollcall check /drop/rejected/a\\ b.csv --job drop""#))
    }

    @Test("Notices are told one after the other, in order")
    func order() async throws {
        let command = try script("cat >> events")
        let notifier = notifier()
        for count in 1...20 {
            let notice = BatchNotice(missedBy: "job", due: 0, count: count, runsNow: false, at: 0)
            notifier.enqueue(notice, to: .init(command: command, events: [.missed]))
        }
        notifier.finish()
        await notifier.run()
        let counts = try text("events").matches(of: /"missed":(\d+)/).map { Int($0.output.1) }
        #expect(counts == Array(1...20))
    }

    @Test(
        "A command that fails is logged once until it works again, by its program and without its arguments",
        arguments: [("exit 3", "it ended with exit code 3"), ("kill -9 $$", "it was ended by signal 9")])
    func failing(body: String, failure: String) async throws {
        let command = try script("cat > /dev/null; test -e mended || { \(body); }; rm mended") + ["--token", "rosebud"]
        let mend = try script("touch mended")
        let notifier = notifier()
        for one in [command, command, mend, command, command] {
            notifier.enqueue(rejected, to: .init(command: one, events: [.rejected]))
        }
        notifier.finish()
        await notifier.run()
        let texts = lines.all
        #expect(
            texts.map(\.message) == ["notify command failed", "notify command works again", "notify command failed"])
        #expect(texts.first?.metadata["failure"] == "\(failure)")
        #expect(texts.first?.metadata["command"] == "\(command[0])")
        #expect(!"\(texts)".contains("rosebud"))
    }

    @Test("A program that is not there, or no program, is logged and nothing else happens", arguments: [true, false])
    func missing(isAFile: Bool) async throws {
        let path = "\(folder)/nothing"
        if isAFile { try Data("no program".utf8).write(to: URL(filePath: path)) }
        let command = try script("cat > event.json")
        let notifier = notifier()
        notifier.enqueue(rejected, to: .init(command: [path], events: [.rejected]))
        notifier.enqueue(rejected, to: .init(command: ["no-such-program-anywhere"], events: [.rejected]))
        notifier.enqueue(rejected, to: .init(command: command, events: [.rejected]))
        notifier.finish()
        await notifier.run()
        #expect(lines.all.count == 2)
        #expect(lines.all.allSatisfy { "\($0.metadata["failure"] ?? "")".hasPrefix("it could not be started: ") })
        #expect(try text("event.json").contains("rejected"))
    }

    @Test("A command that takes too long is ended with all it started, and the next is told")
    func timeLimit() async throws {
        // What it starts in the background holds the pipe open until it is ended, too.
        let hanging = try script("mkfifo gate; sleep 1000 > gate & cat > /dev/null; wait")
        let next = try script("cat > event.json")
        let notifier = notifier()
        notifier.enqueue(rejected, to: .init(command: hanging, events: [.rejected]))
        notifier.enqueue(rejected, to: .init(command: next, events: [.rejected]))
        notifier.finish()
        async let told: Void = notifier.run()
        await clock.untilSomeoneSleeps(until: 30_000_000_000)
        await clock.advance(to: 30_000_000_000)
        await told
        #expect(lines.all.map { $0.metadata["failure"] } == ["it took longer than 30 s and was ended"])
        #expect(try text("event.json").contains("rejected"))
    }

    @Test("Cancelled, it ends the command under way and drops the rest")
    func cancelled() async throws {
        let hanging = try script("exec sleep 1000")
        let next = try script("cat > event.json")
        let notifier = notifier()
        notifier.enqueue(rejected, to: .init(command: hanging, events: [.rejected]))
        notifier.enqueue(rejected, to: .init(command: next, events: [.rejected]))
        let running = Task { await notifier.run() }
        await clock.untilSleepers()
        running.cancel()
        await running.value
        #expect(!FileManager.default.fileExists(atPath: "\(folder)/event.json"))
    }

    @Test("When too many wait the newest are dropped, and that is logged")
    func overflow() async throws {
        let notifier = notifier()
        for _ in 0..<(Notifier.capacity + 3) {
            notifier.enqueue(rejected, to: .init(command: ["true"], events: [.rejected]))
        }
        #expect(lines.all.map(\.message) == Array(repeating: "notice dropped: too many wait", count: 3))
    }
}

/// What was logged.
final class LogLines: Sendable {
    struct Line: Sendable {
        let message: String
        let metadata: Logger.Metadata
    }

    private let lines = Lock<[Line]>([])

    var all: [Line] { lines.withLock { $0 } }

    func append(_ line: Line) { lines.withLock { $0.append(line) } }
}

/// Keeps lines for the test to look at.
struct LineHandler: LogHandler {
    let lines: LogLines
    var metadata: Logger.Metadata = [:]
    var logLevel = Logger.Level.info

    init(lines: LogLines) { self.lines = lines }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        lines.append(LogLines.Line(message: "\(event.message)", metadata: event.metadata ?? [:]))
    }
}
