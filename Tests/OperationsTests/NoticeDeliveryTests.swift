import Basics
import Foundation
import JobRunner
import OpenSSL
import RecordStore
import Settings
import TestSupport
import Testing

@testable import Operations

@Suite("How notices reach webhooks and mailboxes")
struct NoticeDeliveryTests {
    private let folder: TemporaryFolder
    private let notice = BatchNotice(
        missedBy: "nightly", due: 1_763_900_000_000, count: 2, runsNow: true, at: 1_763_900_060_000)

    init() throws { folder = try TemporaryFolder() }

    private func delivery(sendmail: [String] = ["/nowhere"]) -> NoticeDelivery {
        NoticeDelivery(
            folder: folder.path, environment: ["PATH": "/usr/bin:/bin"], clock: HeldClock(), sendmail: sendmail)
    }

    @Test("A message goes through sendmail, with one line for each member, and no address can add a header")
    func mailbox() async throws {
        let program = folder.path + "/sendmail"
        let kept = folder.path + "/kept"
        try Data("#!/bin/sh\nprintf '%s\\n' \"$@\" > \(kept).arguments; cat > \(kept)\n".utf8).write(
            to: URL(filePath: program))
        // Not executed itself: a process that another test starts just now may still have it open for writing.
        #expect(await delivery(sendmail: ["/bin/sh", program]).deliver(notice, to: .email("ops@example.com")) == nil)
        #expect(try String(contentsOfFile: kept + ".arguments", encoding: .utf8) == "-i\n--\nops@example.com\n")
        let text = try String(contentsOfFile: kept, encoding: .utf8)
        #expect(text.hasPrefix("To: ops@example.com\nSubject: Rollcall: A run was missed: nightly\n"))
        #expect(text.contains("\n\nat: 2025-11-23T12:14:20.000Z\n") && text.contains("\nwhat to do: it runs now\n"))
        var odd = notice
        odd.job = "a\r\nBcc: x@example.com"
        #expect(!NoticeMessage(odd, to: "ops@example.com").text.contains("\nBcc"))
    }

    @Test(
        "A webhook gets the event, signed, and again where the receiver was busy",
        arguments: [[], [503], [503, 500, 429, 502], [404], [503, 503, 503, 503, 503]] as [[Int]])
    func webhook(failures: [Int]) async throws {
        let server = try await ScriptedServer(ServerTLS(identity: TestPKI.shared().server)) { request in
            .answer(status: request.number <= failures.count ? failures[request.number - 1] : 204)
        }
        let secretFile = folder.path + "/secret"
        try Data("key\n".utf8).write(to: URL(filePath: secretFile))
        try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: secretFile)
        let (clock, notice) = (HeldClock(), notice)
        let delivery = NoticeDelivery(
            folder: folder.path, environment: [:], clock: clock, authorities: try TestPKI.shared().caPEM())
        let target = Settings.Notification.Target.webhook(url: server.baseURL + "/hooks/1", secretFile: secretFile)
        let failure: String? = try await clock.whileTimePasses { await delivery.deliver(notice, to: target) }
        let isRefused = failures == [404] || failures.count == 5
        #expect(failure == (isRefused ? "the receiver answered with status \(failures[0])" : nil))
        let requests = server.requests
        #expect(requests.count == failures.count + (isRefused ? 0 : 1))
        let body = Array(JSONText.text(of: notice).utf8)
        let signature = Hexadecimal.encode(try HMACSHA256(key: Array("key".utf8)).code(for: body))
        for request in requests {
            #expect(request.head.hasPrefix("POST /hooks/1 HTTP/1.1"))
            #expect(request.body == body)
            #expect(request.head.contains("X-Rollcall-Signature: sha256=\(signature)"))
        }
        await server.stop()
    }

    @Test("What cannot be sent is told without the address")
    func nothingToSignWith() async throws {
        let target = Settings.Notification.Target.webhook(
            url: "https://127.0.0.1:9/hooks/token-1", secretFile: folder.path + "/none")
        let failure = try #require(await delivery().deliver(notice, to: target))
        #expect(failure.contains("secret_file") && !failure.contains("token-1"))
        let other = await delivery().deliver(notice, to: .email("ops@example.com"))
        #expect(other?.contains("could not be started") == true)
    }

    @Test("A disk with little room is told of once, and again only after there was room in between")
    func lowDisk() {
        var reminder = DiskReminder()
        let clock = HeldClock()
        let (low, fine) = (StorageChecks.alarmingSpace - 1, StorageChecks.alarmingSpace)
        #expect(reminder.isDue(at: clock.monotonic))
        let told = [fine, low, low, nil, low, fine, low].map { reminder.take(free: $0, at: clock.monotonic) }
        #expect(told == [false, true, false, false, false, false, true])
        #expect(!reminder.isDue(at: clock.monotonic))
        clock.jump(to: clock.monotonic + DiskReminder.interval)
        #expect(reminder.isDue(at: clock.monotonic))
    }

    @Test(
        "A closed gate is told once, after a while, and its end only then",
        arguments: [
            // How long it is closed in minutes at each look, or nil where it is open; what is told.
            ([nil, 1, 9, nil], ""), ([1, 10, 11, 30], "closed"), ([10, nil, nil], "closed opened"),
            ([10, nil, 10, nil], "closed opened closed opened"),
        ] as [([Int?], String)])
    func gate(looks: [Int?], told: String) {
        var reminder = GateReminder()
        let now: WallTime = 1_763_900_000_000
        let events = looks.compactMap { minutes -> String? in
            let gate: RunnerStatus.Gate =
                minutes.map {
                    .closed(reason: nil, since: now - .seconds($0 * 60), nextProbeAt: nil, probes: 1)
                } ?? .open
            switch reminder.look(at: gate, after: .seconds(600), now: now) {
            case .closed: return "closed"
            case .opened: return "opened"
            case nil: return nil
            }
        }
        #expect(events.joined(separator: " ") == told)
    }
}
