import Foundation
import Schedules
import Settings
import Testing

@Suite struct ShippedJobsTests {
    let folder: SettingsFolder
    let jobs: [String: JobFile]

    init() throws {
        folder = try SettingsFolder()
        var settings = try folder.settings(minimal)
        settings.jobs = URL(filePath: #filePath).appending(path: "../../../jobs").standardizedFileURL.path
        jobs = try Dictionary(JobDefinition.all(in: settings).map { ($0.name, $0) }) { one, _ in one }
    }

    private func job(_ name: String) throws -> JobDefinition { try #require(jobs[name]).result.get() }

    @Test func everyFileIsRight() {
        #expect(Set(jobs.keys) == ["example", "nightly-screening", "drop-folder", "rerun-failed"])
        #expect(jobs.values.flatMap(\.errors) == [])
    }

    /// A daemon that is started beside the files as they come must do no harm.
    @Test func nothingStartsByItselfBeforeSomebodySwitchesItOn() {
        let starting = jobs.values.compactMap { try? $0.result.get() }.filter {
            $0.isEnabled && ($0.schedule != nil || $0.source.isGiven)
        }
        #expect(starting.isEmpty)
    }

    @Test func theNightlyScreeningSaysWhatItsCommentsSay() throws {
        let job = try job("nightly-screening")
        #expect(try job.schedule == CronExpression("0 22 * * 1-5"))
        #expect(try job.window == CallWindow("22:00-06:00"))
        #expect((job.timeZone.identifier, job.catchUp, job.priority) == ("Europe/Berlin", true, 1))
        #expect((job.source.glob, job.format, job.after) == (folder.path + "/incoming/*.csv", .csv, .archive))
        #expect((job.limits.rate, job.limits.batchCalls, job.retry.inDoubt) == (10, 200_000, .hold))
        #expect(job.notify?.command == ["logger", "-t", "rollcall"])
        #expect(job.notify?.events == [.completed, .halted, .missed, .awaitingConfirmation, .rejected])
    }

    @Test func theDropFolderSaysWhatItsCommentsSay() throws {
        let job = try job("drop-folder")
        #expect((job.source.path, job.source.order, job.after) == (folder.path + "/drop", .modified, .archive))
        #expect((job.priority, job.confirmAbove.calls, job.reuseWithin) == (10, 2000, .seconds(30 * 86400)))
        #expect((job.exchangeGroup, job.schedule) == (nil, nil))
    }

    @Test func theRerunSaysWhatItsCommentsSay() throws {
        let job = try job("rerun-failed")
        let rerun = try #require(job.rerun)
        #expect((rerun.jobs, rerun.statuses, rerun.youngerThan) == (["nightly-screening"], [.failed], .seconds(86400)))
        #expect(try job.schedule == CronExpression("30 5 * * *"))
        #expect(!job.catchUp)
    }
}
