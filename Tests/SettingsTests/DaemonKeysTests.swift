import Foundation
import Schedules
import Settings
import Testing

@Suite struct DaemonKeysTests {
    let folder: SettingsFolder

    init() throws { folder = try SettingsFolder() }

    private func job(_ text: String, settings more: String = "") throws -> JobDefinition {
        let settings = try folder.settings(minimal + more)
        return try JobDefinition.load(path: try folder.write(text, to: "jobs/nightly.yaml"), over: settings)
    }

    @Test func aJobWithoutTheseKeysRunsByHandOnly() throws {
        let job = try job("")
        #expect(job.isEnabled && !job.catchUp && !job.needsConfirmation)
        #expect((job.schedule, job.window, job.priority, job.timeZone.identifier) == (nil, nil, 1, "GMT"))
        #expect((job.source.path, job.source.glob, job.source.isGiven) == (nil, nil, false))
        #expect((job.source.settle, job.source.needsDoneMarker, job.source.order) == (.seconds(30), false, .name))
        #expect((job.after, job.exchangeGroup, job.output, job.notify, job.rerun) == (.keep, nil, nil, nil, nil))
        #expect((job.maxInvalid, job.reuseWithin) == (nil, nil))
        #expect((job.accept.failed, job.accept.invalid) == (.nothing, .nothing))
        #expect((job.halt.failedShare, job.halt.failedOf) == (Share(percent: 50), 100))
        #expect((job.limits.monthlyCost, job.confirmAbove.cost) == (nil, nil))
    }

    @Test func aScheduledJobSaysAllOfIt() throws {
        let job = try job(
            """
            enabled: false
            schedule: 0 22 * * mon-fri
            time_zone: Europe/Berlin
            catch_up: true
            window: 22:00-06:00
            priority: 7
            source: { glob: "in/*.csv", settle: 0s, done_marker: true, order: modified }
            after: archive
            output: results/nightly
            """)
        #expect(!job.isEnabled && job.catchUp)
        #expect(try job.schedule == CronExpression("0 22 * * 1-5"))
        #expect(try job.window == CallWindow("22:00-06:00"))
        #expect((job.timeZone.identifier, job.priority) == ("Europe/Berlin", 7))
        #expect((job.source.path, job.source.glob) == (nil, folder.path + "/in/*.csv"))
        #expect((job.source.settle, job.source.needsDoneMarker, job.source.order) == (.zero, true, .modified))
        #expect((job.after, job.output) == (.archive, folder.path + "/results/nightly"))
    }

    @Test func aDropFolderArchivesAndItsPathIsRelativeToTheSettings() throws {
        let job = try job("source: { path: drop }\nexchange_group: analysts\n")
        #expect((job.source.path, job.after, job.exchangeGroup) == (folder.path + "/drop", .archive, "analysts"))
    }

    @Test func theClockIsThatOfTheLimitsWhereTheJobIsSilent() throws {
        let job = try job("time_zone: Asia/Tokyo", settings: "limits: { time_zone: Europe/Zurich }")
        #expect((job.timeZone.identifier, job.limits.timeZone.identifier) == ("Asia/Tokyo", "Europe/Zurich"))
        #expect(
            try self.job("", settings: "limits: { time_zone: Europe/Zurich }").timeZone.identifier == "Europe/Zurich")
    }

    @Test func aRerunTakesFailedRecordsOfAllJobsUnlessItSaysMore() throws {
        let all = try #require(try job("schedule: \"@daily\"\nrerun: { younger_than: 24h }").rerun)
        #expect((all.jobs, all.statuses, all.youngerThan) == (nil, [.failed], .seconds(86400)))
        let some = try #require(
            try job("schedule: \"@daily\"\nrerun: { jobs: [a, b], statuses: [failed, in_doubt], younger_than: 7d }")
                .rerun)
        #expect(
            (some.jobs, some.statuses, some.youngerThan) == (["a", "b"], [.failed, .inDoubt], .seconds(7 * 86400)))
        let one = try #require(
            try job("schedule: \"@daily\"\nrerun: { jobs: a, statuses: in_doubt, younger_than: 1m }").rerun)
        #expect((one.jobs, one.statuses, one.youngerThan) == (["a"], [.inDoubt], .seconds(60)))
    }

    @Test func spendKeysBoundAJob() throws {
        let job = try job(
            """
            confirm: true
            confirm_above: { calls: 5, cost: 12.50 }
            limits: { monthly_cost: 500.00 }
            max_invalid: 0.5%
            reuse_within: 30d
            accept: { failed: 1%, invalid: 100% }
            halt: { failed: 12.5%, failed_of: 20 }
            """, settings: "pricing: { currency: EUR, tiers: [ { each: 0.1 } ] }\nmax_invalid: 10%\n")
        #expect(job.needsConfirmation && job.maxInvalid == Share(percentage: "0.5"))
        #expect(job.reuseWithin == .seconds(30 * 86400))
        #expect((job.confirmAbove.calls, job.confirmAbove.cost) == (5, Decimal(string: "12.5")))
        #expect(job.limits.monthlyCost == 500)
        #expect((job.accept.failed, job.accept.invalid) == (Share(percent: 1), Share(percent: 100)))
        #expect((job.halt.failedShare, job.halt.failedOf) == (Share(percentage: "12.5"), 20))
        #expect(try self.job("", settings: "max_invalid: 10%").maxInvalid == Share(percent: 10))
    }

    @Test(arguments: [
        ("notify: tell", ["tell"], Settings.Notification.Event.allCases),
        ("notify: bin/tell --to ops", ["/bin/tell", "--to", "ops"], Settings.Notification.Event.allCases),
        ("notify: [/bin/sh, -c, \"a | b\"]", ["/bin/sh", "-c", "a | b"], Settings.Notification.Event.allCases),
        ("notify: { command: tell, on: halted }", ["tell"], [.halted]),
        (
            "notify: { command: [tell], on: [missed, awaiting_confirmation] }", ["tell"],
            [.missed, .awaitingConfirmation]
        ),
    ])
    func aCommandIsToldWhatItWantsToKnow(text: String, command: [String], events: [Settings.Notification.Event])
        throws
    {
        let expected = command.map { $0 == "/bin/tell" ? folder.path + $0 : $0 }
        #expect(try folder.settings(minimal + text).notify == .init(command: expected, events: Set(events)))
        #expect(try job("", settings: text).notify?.command == expected)
        #expect(try job(text, settings: "notify: other").notify == .init(command: expected, events: Set(events)))
    }

    @Test(
        arguments: [
            (
                "notify: { webhook: { url: https://ops.example.com/hooks/1, secret_file: hook }, after: 5m }",
                .webhook(url: "https://ops.example.com/hooks/1", secretFile: "/hook"), .seconds(300)
            ),
            (
                "notify: { webhook: { url: https://ops.example.com/ }, on: halted }",
                .webhook(url: "https://ops.example.com", secretFile: nil), .seconds(600)
            ),
            ("notify: { email: ops@example.com }", .email("ops@example.com"), .seconds(600)),
        ] as [(String, Settings.Notification.Target, Duration)])
    func thereAreOtherWaysThanACommand(text: String, target: Settings.Notification.Target, after: Duration) throws {
        let notify = try #require(try folder.settings(minimal + text).notify)
        if case .webhook(let url, let file?) = target {
            #expect(notify.target == .webhook(url: url, secretFile: folder.path + file))
        } else {
            #expect(notify.target == target)
        }
        #expect(notify.after == after)
    }

    @Test(arguments: [
        ("notify: { email: ops@example.com, command: a }", "line 1: notify must be \(notify)"),
        ("notify: { webhook: { secret_file: a } }", "line 1: notify must be \(notify)"),
        ("notify: { email: a@b, webhook: { url: https://a } }", "line 1: notify must be \(notify)"),
        ("notify: { email: -oQ/tmp@x }", "line 1: email must be an address such as ops@example.com"),
        ("notify: { email: \"a b@x\" }", "line 1: email must be an address such as ops@example.com"),
        (
            "notify: { webhook: { url: http://a } }",
            "line 1: webhook.url must be an address that starts with https:// and names a host"
        ),
    ])
    func aWayThatIsNoneOrTwoIsRefused(text: String, complaint: String) throws {
        #expect(try folder.complaint { _ = try job(text) } == "jobs/nightly.yaml, " + complaint)
    }

    @Test(arguments: [
        (
            "schedule: 0 22 * *\nrerun: { younger_than: 1h }",
            "line 1: schedule must be \(schedule): there must be five fields: minute, hour, day of the month, month, day of the week"
        ),
        ("schedule: 0 24 * * *", "line 1: schedule must be \(schedule): the hour must be from 0 to 23"),
        (
            "window: 22-06",
            "line 1: window must be \(window): each part must be a start and an end such as 22:00-06:00, from 00:00 to 24:00"
        ),
        (
            "window: 00:00-24:00",
            "line 1: window must be \(window): a window must be shorter than a day: leave it out where calls may be made at any time"
        ),
        ("time_zone: Mars/Olympus", "line 1: time_zone must be a time zone such as UTC or Europe/Zurich"),
        ("priority: 0", "line 1: priority must be a whole number from 1 to 100"),
        ("source: { path: a, glob: b }", "line 1: give either source.path or source.glob, not both"),
        (
            "schedule: \"@daily\"\nsource: { path: a }\nrerun: { younger_than: 1h }",
            "line 2: source.path cannot stand beside rerun, which takes no files: make two jobs of them"
        ),
        ("schedule: \"@daily\"", "line 1: schedule has nothing to start: give source.glob, source.path or rerun"),
        ("source:\n  glob: a", "line 2: source.glob needs schedule, or nothing would ever start it"),
        ("rerun: { younger_than: 1h }", "line 1: rerun.younger_than needs schedule, or nothing would ever start it"),
        ("catch_up: false\nsource: { path: a }", "line 1: catch_up needs schedule: without one no run is ever missed"),
        (
            "exchange_group: x\nsource: { glob: a }\nschedule: \"@daily\"",
            "line 1: exchange_group needs source.path: it is about the drop folder's inbox and out folders"
        ),
        (
            "source: { done_marker: true }",
            "line 1: source.done_marker needs source.path or source.glob, whose files it is about"
        ),
        ("after: keep", "line 1: after needs source.path or source.glob, whose files it is about"),
        (
            "source: { path: a }\nafter: keep",
            "line 2: after must be archive or delete for a drop folder, which would never be empty"
        ),
        ("after: burn", "line 1: after must be archive, delete or keep"),
        ("source: { glob: \"in/*.{csv,tsv}\" }", "line 1: source.glob must be \(pattern): \(braces)"),
        ("source: { glob: \"in/x}.csv\" }", "line 1: source.glob must be \(pattern): \(braces)"),
        (
            "source: { glob: \"~/in/*.csv\" }",
            "line 1: source.glob must be \(pattern): ~ is not expanded here, write the folder itself"
        ),
        (
            "source: { glob: \"$HOME/*.csv\" }",
            "line 1: source.glob must be \(pattern): $ is not expanded here, write the value itself"
        ),
        (
            "source: { glob: \"in/2$.csv\" }",
            "line 1: source.glob must be \(pattern): $ is not expanded here, write the value itself"
        ),
        (
            "source: { path: ~/drop }",
            "line 1: source.path must be \(path): ~ is not expanded here, write the folder itself"
        ),
        (
            "source: { path: a }\noutput: \"${OUT}/x\"",
            "line 2: output must be \(path): $ is not expanded here, write the value itself"
        ),
        (
            "rerun: { statuses: failed }\nschedule: \"@daily\"",
            "rerun.younger_than is missing: it must be a duration such as 500ms, 30s, 5m, 6h or 30d, from 1m to 365d"
        ),
        (
            "rerun: { statuses: [succeeded], younger_than: 1h }",
            "line 1: rerun.statuses must be failed or in_doubt, or a list of these"
        ),
        (
            "rerun: { statuses: [], younger_than: 1h }",
            "line 1: rerun.statuses must be failed or in_doubt, or a list of these"
        ),
        ("rerun: { jobs: [], younger_than: 1h }", "line 1: rerun.jobs must be a job's name or a list of them"),
        ("max_invalid: 0.05", "line 1: max_invalid must be a percentage such as 5% or 0.5%, at most 100%"),
        ("accept: { failed: 101% }", "line 1: accept.failed must be a percentage such as 5% or 0.5%, at most 100%"),
        ("accept: { in_doubt: 1% }", "line 1: the key 'accept.in_doubt' is unknown: the nearest is 'retry.in_doubt'"),
        (
            "limits: { monthly_cost: 5 }",
            "line 1: limits.monthly_cost needs pricing in rollcall.yaml: without prices no call has a cost"
        ),
        (
            "confirm_above: { cost: 5 }",
            "line 1: confirm_above.cost needs pricing in rollcall.yaml: without prices no call has a cost"
        ),
        (
            "notify: mail ops | tee log",
            "line 1: notify is not read by a shell: give a list of words, such as [sh, -c, \"…\"]"
        ),
        ("notify: { on: halted }", "line 1: notify must be \(notify)"),
        ("notify: []", "line 1: notify must be \(notify)"),
        ("notify: ~", "line 1: notify must be \(notify)"),
        (
            "notify: { command: a, on: [finished] }",
            "line 1: notify.on must be completed, halted, missed, paused, cap_reached, in_doubt, awaiting_confirmation, rejected, no_file, gate_closed, gate_opened, reload_failed, failed, restored, disk_low, disk_full, disk_freed, key_ends, not_purged or test, or a list of these"
        ),
        ("notify: { comand: a }", "line 1: the key 'comand' is unknown: the nearest is 'command'"),
    ])
    func whatMeansNothingTogetherIsRefusedWithARemedy(text: String, complaint: String) throws {
        let separator = complaint.hasPrefix("line") ? ", " : ": "
        #expect(try folder.complaint { _ = try job(text) } == "jobs/nightly.yaml" + separator + complaint)
    }

    @Test(arguments: [
        (
            "limits: { monthly_cost: 5 }",
            "line 6: limits.monthly_cost needs pricing in rollcall.yaml: without prices no call has a cost"
        ),
        (
            "daemon: { poll: 0s }",
            "line 6: daemon.poll must be a duration such as 500ms, 30s, 5m, 6h or 30d, from 10ms to 60s"
        ),
        ("daemon: { pol: 1s }", "line 6: the key 'daemon.pol' is unknown: the nearest is 'daemon.poll'"),
    ])
    func theSettingsTakeOnlyTheirOwnOfThese(text: String, complaint: String) throws {
        #expect(try folder.complaint { _ = try folder.settings(minimal + text) } == "rollcall.yaml, " + complaint)
    }

    @Test(arguments: [#"in/\{a\}*.csv"#, #"in/\$a.csv"#, "in/[ab]?.csv", "./~in/*.csv"])
    func aPatternThatMeansWhatItSaysIsTaken(pattern: String) throws {
        let job = try job("schedule: \"@daily\"\nsource: { glob: '\(pattern)' }")
        #expect(job.source.glob == folder.path + "/" + pattern.replacing("./", with: ""))
    }

    @Test func theDaemonHasDefaults() throws {
        let daemon = try folder.settings(minimal).daemon
        #expect(
            (daemon.shutdownGrace, daemon.retention, daemon.poll) == (
                .seconds(30), .seconds(90 * 86400), .milliseconds(250)
            ))
    }

    @Test func everythingWrongWithAFileIsFoundAtOnce() throws {
        try folder.write(
            """
            limits:
              rat: 5
              burst: 0
            schedule: often
            source: { glob: "in/*.csv" }
            fields:
              user.email: { colum: A }
              user.name: []
            catch_up: maybe
            rerun: { statuses: all, younger_than: soon }
            """, to: "jobs/nightly.yaml")
        let file = JobDefinition.file(at: folder.path + "/jobs/nightly.yaml", over: try folder.settings(minimal))
        #expect(file.errors.compactMap(\.line) == [2, 3, 4, 9, 7, 8, 10, 10])
        #expect(file.errors.count == 8)
        #expect(file.errors.first?.key == "limits.rat")
        let first = try #require(file.errors.first)
        #expect(throws: first) { try file.result.get() }
    }

    @Test func whatFollowsFromAnErrorIsNoErrorOfItsOwn() throws {
        let settings = try folder.settings(minimal)
        func errors(_ text: String) throws -> [Int?] {
            JobDefinition.file(at: try folder.write(text, to: "jobs/nightly.yaml"), over: settings).errors.map(\.line)
        }
        #expect(try errors("schedule: often\nsource: { glob: a }") == [1])
        #expect(try errors("schedule: \"@daily\"\nrerun: { statuses: failed }") == [nil])
        #expect(try errors("a: [\n") == [2])
        #expect(try errors("- a\n") == [1])
        #expect(try errors("source: { glob: a }\nafter: burn\nexchange_group: x") == [2])
        #expect(try errors("") == [])
    }

    @Test func oneBrokenFileDoesNotHideTheOthers() throws {
        let settings = try folder.settings(minimal)
        #expect(try JobDefinition.all(in: settings).isEmpty)
        for name in ["b.yaml", "a.yaml", "c.yml", ".hidden.yaml", "notes.txt"] {
            try folder.write(name == "b.yaml" ? "limits: { rat: 5 }" : "", to: "jobs/" + name)
        }
        let files = try JobDefinition.all(in: settings)
        #expect(files.map(\.name) == ["a", "b", "c"])
        #expect(try files[0].result.get().name == "a")
        #expect(
            try folder.complaint { _ = try files[1].result.get() }
                == "jobs/b.yaml, line 1: the key 'limits.rat' is unknown: the nearest is 'limits.rate'")
        #expect(
            try folder.complaint { _ = try files[2].result.get() }
                == "jobs/c.yml: a job file's name ends in .yaml: rename it to c.yaml")
    }

    @Test func theFormOfResultsIsTheSettingsUnlessTheJobSaysOtherwise() throws {
        #expect(try job("").outputForm == .init(delimiter: .comma, isSafe: false))
        let settings = "output_delimiter: semicolon\noutput_safe: true\n"
        #expect(try job("", settings: settings).outputForm == .init(delimiter: .semicolon, isSafe: true))
        #expect(
            try job("output_delimiter: input\noutput_safe: false\n", settings: settings).outputForm
                == .init(delimiter: .input, isSafe: false))
        let complaint = try folder.complaint { _ = try job("output_delimiter: tab\n") }
        #expect(complaint?.contains("output_delimiter must be") == true)
    }

    @Test(
        "Results are written in any choice of formats, a workbook only beside the CSV it is made from",
        arguments: [
            ("[csv]", [.csv]), ("[jsonl]", [.jsonl]), ("[jsonl, csv]", [.csv, .jsonl]), ("[xlsx, csv]", [.csv, .xlsx]),
            ("[csv, jsonl, xlsx]", [.csv, .jsonl, .xlsx]), ("[]", nil), ("[xlsx]", nil), ("[jsonl, xlsx]", nil),
            ("[csv, pdf]", nil),
        ] as [(String, Set<Settings.OutputForm.Format>?)])
    func formats(text: String, formats: Set<Settings.OutputForm.Format>?) throws {
        guard let formats else {
            let complaint = try folder.complaint { _ = try job("output_formats: \(text)\n") }
            #expect(complaint?.contains("output_formats must be") == true, "\(complaint ?? "none")")
            return
        }
        #expect(try folder.settings(minimal + "output_formats: \(text)\n").outputForm.formats == formats)
        #expect(try job("output_formats: \(text)\n").outputForm.formats == formats)
    }
}

private let path = "a path, relative to this file or absolute"
private let pattern = "a pattern of files such as in/*.csv, relative to the settings' folder or absolute"
private let braces = "braces are not expanded here, give each pattern a job of its own"
private let schedule =
    "in quotes, five fields of cron such as \"0 22 * * mon-fri\", or @hourly, @daily, @weekly, @monthly"
private let window = "a start and an end such as 22:00-06:00, or several of these joined by commas"
private let notify =
    "a program, a list of a program and its arguments, or { command: […], on: [completed, halted, …] }, where webhook: { url, secret_file } or email can take the command's place, with after: 10m"
