import Basics
import Foundation
import Settings
import TestSupport
import Testing

@testable import Operations

@Suite("Jobs are listed")
struct JobsListTests {
    let place: JobsFixture

    init() throws { place = try JobsFixture() }

    /// 25 November 2026, 12:00 UTC.
    private let now: WallTime = 1_795_608_000_000

    private func list() throws -> [JobListing] {
        try JobDefinition.all(in: place.settings()).map { file in JobListing(file, now: now) { _ in nil } }
    }

    @Test("A job's next run stands there by its own clock and in UTC")
    func next() throws {
        try place.write(
            """
            description: every evening
            schedule: "0 22 * * *"
            time_zone: America/New_York
            window: 22:00-06:00
            source: { glob: "in/*.csv" }
            """, to: "jobs/a.yaml")
        let job = try #require(try list().first)
        #expect(
            job.row == [
                "a", "yes", "0 22 * * *", "2026-11-25 22:00 -05:00", "2026-11-26 03:00:00 UTC", "22:00-06:00",
                place.path + "/in/*.csv", "every evening",
            ])
        let json = JSONText.text(of: job)
        #expect(
            json.contains(#""next":"2026-11-25T22:00:00.000-05:00""#)
                && json.contains(#""next_utc":"2026-11-26T03:00:00.000Z""#)
                && json.contains(#""time_zone":"America/New_York""#))
    }

    @Test("A job that is switched off is never due, and one without a schedule neither")
    func never() throws {
        try place.write("enabled: false\nschedule: \"@daily\"\nrerun: { younger_than: 1h }", to: "jobs/a.yaml")
        try place.write("source: { path: drop }", to: "jobs/b.yaml")
        #expect(
            try list().map(\.row) == [
                ["a", "no", "@daily", "-", "-", "-", "rerun of all jobs", ""],
                ["b", "yes", "-", "-", "-", "-", place.path + "/drop", ""],
            ])
    }

    @Test(
        "A clock that was days ahead is told; one that is an hour off is not",
        arguments: [(3_600_001, true), (3_600_000, false)])
    func clockFault(ahead: Int64, isFault: Bool) throws {
        try place.write("schedule: \"@daily\"\nsource: { glob: \"in/*.csv\" }", to: "jobs/a.yaml")
        let job = try #require(
            try JobDefinition.all(in: place.settings()).map { file in JobListing(file, now: now) { _ in now + ahead } }
                .first)
        #expect(job.clockFault == (isFault ? "2026-11-25T13:00:00.001Z" : nil))
        #expect(
            job.clockFaultText?.hasPrefix("a: clock fault: it ran for 2026-11-25 13:00:00 UTC")
                == (isFault ? true : nil))
        #expect(JSONText.text(of: job).contains("clock_fault") == isFault)
    }

    @Test("A broken file stands in the list and does not hide the others")
    func broken() throws {
        try place.write("window: always", to: "jobs/a.yaml")
        try place.write("", to: "jobs/b.yaml")
        let jobs = try list()
        #expect(jobs.map { $0.row[1] } == ["WRONG", "yes"])
        #expect(jobs[0].error?.contains("line 1: window must be") == true)
        #expect(jobs[0].row.count == JobListing.header.count && jobs[1].row.count == JobListing.header.count)
    }
}
