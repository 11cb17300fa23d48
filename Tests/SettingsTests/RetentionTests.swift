import Foundation
import Settings
import Testing

@Suite("How long data is kept, by the settings and by jobs")
struct RetentionTests {
    let folder: SettingsFolder

    init() throws { folder = try SettingsFolder() }

    private func settings(_ text: String) throws -> Settings { try folder.settings(minimal + text) }

    private func job(_ text: String, settings more: String = "") throws -> JobDefinition {
        let settings = try settings(more)
        return try JobDefinition.load(path: try folder.write(text, to: "jobs/nightly.yaml"), over: settings)
    }

    @Test("Without the keys everything is kept")
    func absent() throws {
        #expect(try settings("").retention.keepsEverything)
        #expect(try job("").retention.keepsEverything)
        #expect(JobDefinition(unnamedWith: try settings("")).retention == .everything)
    }

    private static let all =
        "retention: { payloads: 7d, results: 90d, ledger: 400d, archive: 30d, outputs: 60d, rejected: 12h }\n"

    @Test("A job has the settings' ages, and may shorten each")
    func inherited() throws {
        let ages: [Settings.Retention.Kind: Int] = [
            .payloads: 7 * 24, .results: 90 * 24, .ledger: 400 * 24, .archive: 30 * 24, .outputs: 60 * 24,
            .rejected: 12,
        ]
        for (kind, hours) in ages { #expect(try settings(Self.all).retention[kind] == .seconds(hours * 3600)) }
        #expect(try job("", settings: Self.all).retention == settings(Self.all).retention)
        let own = try job("retention: { results: 30d, archive: 30d }", settings: Self.all).retention
        #expect((own[.results], own[.archive]) == (.seconds(30 * 86400), .seconds(30 * 86400)))
        #expect(own[.payloads] == .seconds(7 * 86400))
        #expect(try job("retention: { outputs: 1h }").retention == .init([.outputs: .seconds(3600)]))
        #expect(JobDefinition(unnamedWith: try settings(Self.all)).retention == (try settings(Self.all).retention))
        #expect(
            try folder.settings(minimal, environment: ["ROLLCALL_RETENTION_PAYLOADS": "2d"]).retention[.payloads]
                == .seconds(2 * 86400))
    }

    @Test(
        "An age that cannot be, or that is over before what goes with it, is refused at its line",
        arguments: [
            (
                "retention: { payloads: 30 }",
                "line 6: retention.payloads must be a duration such as 500ms, 30s, 5m, 6h or 30d, from 1h to 3650d"
            ),
            (
                "retention: { payload: 30d }",
                "line 6: the key 'retention.payload' is unknown: the nearest is 'retention.payloads'"
            ),
            (
                "retention:\n  payloads: 30d\n  results: 90d\n  ledger: 89d",
                "line 9: retention.ledger must not be shorter than retention.results: results are erased at the latest with ledger"
            ),
            (
                "retention:\n  ledger: 400d\n  payloads: 30d",
                "line 7: retention.ledger must not be shorter than retention.results, which must be given then: results are erased at the latest with ledger"
            ),
            (
                "retention: { results: 90d }",
                "line 6: retention.results must not be shorter than retention.payloads, which must be given then: payloads are erased at the latest with results"
            ),
        ])
    func refused(text: String, complaint: String) throws {
        #expect(try folder.complaint { _ = try settings(text) } == "rollcall.yaml, " + complaint)
    }

    @Test(
        "A job that lengthens an age is refused at its line, with the settings' age",
        arguments: [
            (
                "priority: 2\nretention: { results: 91d }",
                "line 2: retention.results must not be longer than that of rollcall.yaml, 90d: a job may only shorten it"
            ),
            (
                "retention: { rejected: 1d }",
                "line 1: retention.rejected must not be longer than that of rollcall.yaml, 12h: a job may only shorten it"
            ),
            (
                "retention: { ledger: 80d }",
                "line 1: retention.ledger must not be shorter than retention.results: results are erased at the latest with ledger"
            ),
        ])
    func lengthened(text: String, complaint: String) throws {
        #expect(try folder.complaint { _ = try job(text, settings: Self.all) } == "jobs/nightly.yaml, " + complaint)
    }

    @Test("reuse_within that is longer than its own job keeps answers is refused, naming both")
    func reuseOfItsOwn() throws {
        let complaint =
            "jobs/nightly.yaml, line 1: reuse_within must not be longer than retention.results, 90d, after which answers are erased"
        #expect(try folder.complaint { _ = try job("reuse_within: 91d", settings: Self.all) } == complaint)
        #expect(try job("reuse_within: 90d", settings: Self.all).reuseWithin == .seconds(90 * 86400))
        #expect(try job("reuse_within: 91d").reuseWithin == .seconds(91 * 86400))
        let own = try folder.complaint { _ = try job("reuse_within: 2d\nretention: { payloads: 1h, results: 36h }") }
        #expect(own?.contains("line 1: reuse_within must not be longer than retention.results, 36h") == true)
    }

    @Test("reuse_within that is longer than another job keeps answers is refused, naming that job, however it is read")
    func reuseOfOthers() throws {
        try folder.write("retention: { payloads: 2d, results: 20d }", to: "jobs/weekly.yaml")
        try folder.write("retention: { payloads: 2d, results: 10d }", to: "jobs/daily.yaml")
        try folder.write("retention: { payloads: 2d, results: 4d }\nbroken: 1\n", to: "jobs/broken.yaml")
        let text = "priority: 3\nreuse_within: 30d\n"
        let complaint =
            "jobs/nightly.yaml, line 2: reuse_within must not be longer than retention.results of the job 'daily', 10d, after which its answers are erased"
        #expect(try folder.complaint { _ = try job(text) } == complaint)
        #expect(
            try folder.complaint { _ = try JobDefinition.load(named: "nightly", over: try settings("")) } == complaint)
        let files = try JobDefinition.all(in: try settings(""))
        let refused = files.filter { !$0.errors.isEmpty }
        #expect(refused.map(\.name) == ["broken", "nightly"])
        #expect(try folder.complaint { _ = try files.first { $0.name == "nightly" }?.result.get() } == complaint)
        #expect(try job("reuse_within: 10d").reuseWithin == .seconds(10 * 86400))
    }

    @Test(
        "An age is written in the largest unit without a rest",
        arguments: [
            (Duration.seconds(86400), "1d"), (.seconds(36 * 3600), "36h"), (.seconds(90), "90s"), (.seconds(120), "2m"),
            (.milliseconds(1500), "1500ms"), (.zero, "0ms"),
        ])
    func texts(age: Duration, text: String) {
        #expect(age.settingText == text)
    }
}
