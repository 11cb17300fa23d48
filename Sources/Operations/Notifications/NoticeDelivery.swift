import Basics
import Foundation
import JobRunner
import Results
import Settings

/// Brings one notice to a command, a webhook or a mailbox, within a time limit.
struct NoticeDelivery: Sendable {
    /// Runs commands in this folder.
    private let folder: String
    private let environment: [String: String]
    private let clock: any RunnerClock
    /// The program that takes messages on this machine, as all mail servers bring it (LSB, `sendmail`).
    private let sendmail: [String]
    /// The only authorities that webhooks' certificates may come from, as PEM; nil: the system's.
    private let authorities: [UInt8]?

    /// How long it may take.
    static let timeLimit = Duration.seconds(30)

    /// Describes where and how.
    ///
    /// - Parameters:
    ///   - folder: Where commands run: that of the settings file.
    ///   - environment: This process's variables, of which commands get those that hold nothing of ours.
    ///   - clock: Measures the time limit.
    ///   - sendmail: The program that takes messages, and its first arguments.
    ///   - authorities: Whom webhooks' certificates must come from, as PEM; nil: the system's authorities.
    init(
        folder: String, environment: [String: String], clock: any RunnerClock,
        sendmail: [String] = ["/usr/sbin/sendmail"], authorities: [UInt8]? = nil
    ) {
        (self.folder, self.environment, self.clock) = (folder, Self.clean(environment), clock)
        (self.sendmail, self.authorities) = (sendmail, authorities)
    }

    /// Delivers a notice.
    ///
    /// - Returns: Why it did not arrive; nil: it did.
    func deliver(_ notice: BatchNotice, to target: Settings.Notification.Target) async -> String? {
        let json = Array(JSONText.text(of: notice).utf8)
        switch target {
        case .command(let command): return await run(command, input: json + [UInt8(ascii: "\n")])
        case .email(let address):
            // `-i`: a line with a dot alone does not end it; `--`: what follows is no option.
            return await run(
                sendmail + ["-i", "--", address], input: Array(NoticeMessage(notice, to: address).text.utf8))
        case .webhook(let url, let secretFile):
            return await WebhookDelivery(url: url, secretFile: secretFile, clock: clock, authorities: authorities)
                .deliver(json)
        }
    }

    /// Why a command failed; nil: it succeeded.
    private func run(_ command: [String], input: [UInt8]) async -> String? {
        do {
            // A program may lie on a share that does not answer.
            let child = try await BlockingWork.run { [environment, folder] () throws(ChildProcess.Refusal) in
                try ChildProcess(command, environment: environment, in: folder, input: input)
            }
            switch await end(of: child) {
            case .exit(0): return nil
            case .exit(let code): return "it ended with exit code \(code)"
            case .signal(let number): return "it was ended by signal \(number)"
            case nil: return "it took longer than \(Self.timeLimit.components.seconds) s and was ended"
            }
        } catch {
            return "it could not be started: \(error.message)"
        }
    }

    /// Nil if the time limit came first.
    private func end(of child: ChildProcess) async -> ChildProcess.End? {
        let deadline = clock.monotonic + Self.timeLimit
        return await withTaskGroup(of: ChildProcess.End?.self) { group in
            group.addTask { await child.ended() }
            group.addTask { [clock] in
                await clock.sleep(until: deadline)
                return nil
            }
            let first = await group.next() ?? nil
            if first == nil { child.kill() }
            group.cancelAll()
            return first
        }
    }

    /// What holds settings, passwords among them, or concerns this process alone.
    private static func clean(_ environment: [String: String]) -> [String: String] {
        let own = Set(ServiceManager.variables + ["CREDENTIALS_DIRECTORY"])
        return environment.filter { !$0.key.hasPrefix("ROLLCALL_") && !own.contains($0.key) }
    }
}

/// An event as a message for sendmail (RFC 5322): its subject in a few words, its members line by line.
struct NoticeMessage: Equatable {
    let text: String

    init(_ notice: BatchNotice, to address: String) {
        let subject = ["Rollcall: \(notice.event.shown.title)", notice.batch ?? notice.job].compactMap(\.self)
        let facts: [(String, String?)] = [
            ("at", notice.at), ("host", notice.host), ("job", notice.job), ("batch", notice.batch),
            ("file", notice.file), ("state", notice.state), ("reason", notice.reason),
            ("calls", notice.calls.map(String.init)), ("cost", notice.cost?.description), ("due", notice.due),
            ("missed", notice.missed.map(String.init)),
            ("results", notice.results), ("what to do", notice.remedy), ("next", notice.next),
        ]
        let counts = notice.counts.map { counts in
            counts.filter { $0.value > 0 }.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }
                .joined(separator: ", ")
        }
        let lines = (facts + [("records", counts)]).compactMap { name, value in
            value.map { "\(name): \(PlainText.line($0))" }
        }
        text = """
            To: \(address)
            Subject: \(Self.header(subject.joined(separator: ": ")))
            MIME-Version: 1.0
            Content-Type: text/plain; charset=utf-8
            Content-Transfer-Encoding: 8bit
            Auto-Submitted: auto-generated

            \(lines.joined(separator: "\n"))

            """
    }

    /// A header field holds visible ASCII in one line, and nothing that could begin another (RFC 5322 §2.2).
    private static func header(_ text: String) -> String {
        String(text.unicodeScalars.map { $0.value >= 0x20 && $0.value < 0x7F ? Character($0) : "?" })
    }
}
