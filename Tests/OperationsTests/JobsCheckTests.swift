import Foundation
import Settings
import Testing

@testable import Operations

@Suite("Job files are checked")
struct JobsCheckTests {
    let place: JobsFixture

    init() throws { place = try JobsFixture() }

    /// The findings with this test's folder taken off.
    private func findings(_ files: [String] = []) throws -> [String] {
        try JobsCheckOperation.findings(files, settings: place.settings()).map {
            $0.text.replacing(place.path + "/", with: "")
        }
    }

    @Test("Without files there is nothing to find fault with")
    func none() throws {
        #expect(try findings() == ["ok      jobs: no job files in jobs"])
    }

    @Test("Every file is judged, a broken one with its line and the nearest key")
    func broken() throws {
        try place.write("limits: { rat: 5 }", to: "jobs/a.yaml")
        try place.write("", to: "jobs/b.yaml")
        try place.write("shedule: \"@daily\"", to: "jobs/c.yaml")
        #expect(
            try findings() == [
                "FAILED  a: jobs/a.yaml, line 1: the key 'limits.rat' is unknown: the nearest is 'limits.rate'",
                "ok      b: runs when somebody runs files with it",
                "FAILED  c: jobs/c.yaml, line 1: the key 'shedule' is unknown: the nearest is 'schedule'",
            ])
        #expect(
            try findings(["b", "\(place.path)/jobs/b.yaml"])
                == [String](
                    repeating: "ok      b: runs when somebody runs files with it", count: 2))
        #expect(try findings(["d"]) == ["FAILED  d: jobs/d.yaml: there is no such file: name a job file"])
    }

    @Test(
        "What a job lacks on this machine is told with its remedy, and only warned of where the job is switched off",
        arguments: [
            (
                "source: { glob: in/*.csv }\nschedule: \"@daily\"\nexchange_group: x",
                "j: jobs/j.yaml, line 3: exchange_group needs source.path: it is about the drop folder's inbox and out folders"
            ),
            (
                "source: { glob: other/*.csv }\nschedule: \"0 0 30 2 *\"",
                "j: schedule is never due: there is no such day in any year"
            ),
            (
                "source: { path: drop }\nexchange_group: no-such-group-here",
                "j: exchange_group: there is no group 'no-such-group-here'; make it with 'groupadd no-such-group-here', or name another"
            ),
            (
                "notify: bin/tell",
                "j: notify: bin/tell is no program that can be run; check its path, then 'chmod +x bin/tell'"
            ),
            ("notify: jobs/", "j: notify: jobs is no program that can be run; check its path, then 'chmod +x jobs'"),
            (
                "notify: no-such-program-here",
                "j: notify: there is no program 'no-such-program-here' in PATH; give its path"
            ),
            (
                "schedule: \"@daily\"\nrerun: { jobs: [j, k], younger_than: 1h }",
                "j: rerun.jobs: there is no job 'k'; 'rollcall jobs list' shows which there are"
            ),
            (
                "fields: { user.phone: A }",
                "j: fields: the job fills 'user.phone', which is a group of fields; name one of them"
            ),
            (
                "fields: { user.email: A }",
                "j: fields: has no account, which every record needs; add user.account.hashedAccountId to the job's fields"
            ),
            ("source: { path: file }", "j: source.path: file is not a folder; move it away or name another"),
            ("output: file/out", "j: output: file is not a folder; move it away or name another"),
        ])
    func lacking(text: String, message: String) throws {
        try place.write("", to: "file")
        try place.write("", to: "bin/tell")
        try place.write(text, to: "jobs/j.yaml")
        #expect(try findings().first == "FAILED  " + message)
        guard !message.contains("line") else { return }
        try place.write("enabled: false\n" + text, to: "jobs/j.yaml")
        #expect(try findings().first == "warning " + message)
    }

    @Test("A pattern that matches nothing is a warning, one that matches is fine, and so is a folder to be made")
    func sources() throws {
        try place.write("source: { glob: \"in/*.csv\" }\nschedule: \"@daily\"", to: "jobs/j.yaml")
        try place.write("source: { path: far/away }\nnotify: [sh, -c, x]", to: "jobs/k.yaml")
        #expect(try findings().first == "warning j: source.glob matches nothing now: in/*.csv")
        #expect(try findings().last == "ok      k: takes what is dropped into far/away")
        try place.write("", to: "in/a.csv")
        #expect(try findings().first?.hasPrefix("ok      j: is due 2") == true)
    }

    @Test("A cap above the settings' is told to have no effect, a lower one is not")
    func caps() throws {
        let settings =
            "pricing: { currency: USD, tiers: [ { each: 0.10 } ] }\nlimits: "
            + "{ daily_calls: 150, monthly_cost: 20 }\n"
        try place.write(
            try String(contentsOfFile: place.path + "/rollcall.yaml", encoding: .utf8) + settings, to: "rollcall.yaml")
        try place.write("limits: { daily_calls: 1000, monthly_cost: 20.5, batch_calls: 9000 }", to: "jobs/j.yaml")
        try place.write("limits: { daily_calls: 150, monthly_cost: 3 }", to: "jobs/k.yaml")
        let words = "has no effect above the settings'"
        #expect(
            try findings() == [
                "warning j: limits.daily_calls: 1000 \(words) 150, which holds for all jobs together",
                "warning j: limits.monthly_cost: 20.5 \(words) 20, which holds for all jobs together",
                "ok      k: runs when somebody runs files with it",
            ])
    }

    @Test("Two jobs that take the same files are told so, unless one is switched off")
    func rivals() throws {
        try place.write("source: { path: drop }", to: "jobs/j.yaml")
        try place.write("source: { path: drop/inbox }", to: "jobs/k.yaml")
        #expect(
            try findings() == [
                "FAILED  j: source: the job 'k' takes the same files; give each its own folder or pattern",
                "FAILED  k: source: the job 'j' takes the same files; give each its own folder or pattern",
            ])
        try place.write("enabled: false\nsource: { path: drop/inbox }", to: "jobs/k.yaml")
        #expect(try findings().first == "ok      j: takes what is dropped into drop")
        #expect(try findings().last == "ok      k: is switched off")
    }

    @Test(
        "Patterns and folders that can name the same file are rivals, others are not",
        arguments: [
            ("z/*", "z/*.csv", true),
            ("z/a*.csv", "z/*b.csv", true),
            ("z/*b.csv", "z/*ab.csv", true),
            ("z/*ab.csv", "z/*b.csv", true),
            ("z/a*.csv", "z/b*.csv", false),
            ("z/*.csv", "z/*.jsonl", false),
            ("z/*.csv", "y/*.csv", false),
            ("z/*/*.csv", "z/*.csv", false),
            ("*/x.csv", "z/./y/../[w-y].csv", true),
            ("z/?.csv", "z/[ab].csv", true),
            ("z/one.csv", "z/[!o]*.csv", false),
            ("z/[]ab].csv", "z/].csv", true),
            ("z/\\\\*.csv", "z/a.csv", false),
            ("drop/inbox/*.csv", nil, true),
            ("drop/*/*.csv", nil, true),
            ("drop/working/a.csv", nil, true),
            ("drop/archive/*.csv", nil, false),
            ("drop/*.csv", nil, false),
        ])
    func overlaps(one: String, other: String?, areRivals: Bool) throws {
        func job(_ glob: String) -> String { "schedule: \"@daily\"\nsource: { glob: \"\(glob)\" }" }
        try place.write(job(one), to: "jobs/j.yaml")
        try place.write(other.map(job) ?? "source: { path: drop }", to: "jobs/k.yaml")
        let found = try findings()
        let rivals = found.filter { $0.hasPrefix("FAILED") && $0.contains("takes the same files") }
        #expect(rivals.count == (areRivals ? 2 : 0), "\(found)")
    }

    @Test("A pattern's folder in which nothing can be archived is told, unless its files stay where they are")
    func archiving() throws {
        let job = "source: { glob: \"in/*.csv\" }\nschedule: \"@daily\"\n"
        try place.write("", to: "in/archive")
        try place.write("", to: "in/a.csv")
        try place.write(job + "after: archive", to: "jobs/j.yaml")
        #expect(
            try findings() == [
                "FAILED  j: after: in/archive is not a folder; move it away or name another, or say 'after: keep'"
            ])
        try place.write(job, to: "jobs/j.yaml")
        #expect(try findings().first?.hasPrefix("ok") == true)
        try place.write(job + "after: delete", to: "jobs/j.yaml")
        #expect(try findings().first?.hasPrefix("ok") == true)
    }

    @Test("A folder on another file system is refused, for a file could be half moved")
    func fileSystems() throws {
        // /dev/shm is a file system of its own.
        try FileManager.default.createDirectory(atPath: place.path + "/drop", withIntermediateDirectories: true)
        try FileManager.default.createSymbolicLink(
            atPath: place.path + "/drop/archive", withDestinationPath: "/dev/shm")
        try place.write("source: { path: drop }", to: "jobs/j.yaml")
        #expect(
            try findings() == [
                "FAILED  j: source.path: inbox, working, archive, rejected and out must lie on one file system, "
                    + "or a file could be half moved"
            ])
    }
}
