import Basics
import Foundation
import Ingest
import RecordStore
import Settings
import TestSupport
import Testing

@testable import Operations

@Suite("Which files are removed when their age is over", .timeLimit(.minutes(15)))
struct RetentionFilesTests {
    private static let day: Int64 = 86_400_000
    private static let jobs = [
        "drop": "source: { path: drop }\nretention: { archive: 5d, rejected: 5d }\n",
        "pattern":
            "source: { glob: in/*.csv }\nschedule: \"@daily\"\nafter: archive\nretention: { archive: 5d }\n",
        "left": "source: { glob: left/*.csv }\nschedule: \"@daily\"\nretention: { archive: 5d }\n",
    ]

    /// What is due ten days from now, when the batch of a content ended today.
    private static func files(
        _ place: EmulatedInstallation, job: String, besides: Set<[UInt8]> = [],
        since forgotten: ForgottenPersons = ForgottenPersons()
    ) throws -> [String] {
        let rules = try Installation(config: place.config).retentionRules
        var plan = RetentionPlan()
        let batch = try RetentionPlanTests.batch(daysAgo: 0, job: job, content: content(place))
        plan.due = [RetentionPlan.Due(batch: batch, kinds: [.archive])]
        plan.contentsInUse = besides
        let found = RetentionFiles(
            of: plan, named: [:], under: rules, since: forgotten, at: WallTime.now() + 10 * day)
        #expect(found.faults.isEmpty)
        return (found.archived + found.rejected).map { String($0.dropFirst(place.path.count + 1)) }
    }

    /// The digest of the batch's content.
    private static func content(_ place: EmulatedInstallation) throws -> [UInt8] {
        try place.write("content", to: "day.csv")
        return try #require(try ContentDigest.of(fileAt: place.file("day.csv")))
    }

    @Test("An input file is known by its name's beginning and its content, and stays while another batch needs it")
    func archived() async throws {
        try await EmulatedInstallation.with(jobs: Self.jobs) { place in
            for folder in ["drop/archive", "in/archive", "left/archive"] {
                try place.write("content", to: "\(folder)/day-1.csv")
                try place.write("content", to: "\(folder)/other.csv")
                try place.write("another", to: "\(folder)/day.csv")
                try FileManager.default.createSymbolicLink(
                    atPath: place.file("\(folder)/day-2.csv"), withDestinationPath: place.file("\(folder)/day-1.csv"))
            }
            #expect(try Self.files(place, job: "drop") == ["drop/archive/day-1.csv"])
            #expect(try Self.files(place, job: "pattern") == ["in/archive/day-1.csv"])
            // Its archive is not one that Rollcall made.
            #expect(try Self.files(place, job: "left").isEmpty)
            #expect(try Self.files(place, job: "drop", besides: [Self.content(place)]).isEmpty)
            // It is the batch's, too, once rows of forgotten persons were taken out of it.
            var forgotten = ForgottenPersons()
            let edited = try #require(try ContentDigest.of(fileAt: place.file("drop/archive/day.csv")))
            forgotten.add(edition: edited, of: try Self.content(place))
            let both = ["drop/archive/day-1.csv", "drop/archive/day.csv"]
            #expect(try Self.files(place, job: "drop", since: forgotten) == both)
            #expect(try Self.files(place, job: "drop", besides: [Self.content(place)], since: forgotten).isEmpty)
        }
    }

    @Test("A refused file goes with its text, by the text's age; a file without one is not Rollcall's")
    func rejected() async throws {
        try await EmulatedInstallation.with(jobs: Self.jobs) { place in
            for name in ["old.csv", "mine.csv", "new.csv"] + ["old", "gone", "new"].map({ "\($0).csv.error.txt" }) {
                try place.write("x", to: "drop/rejected/\(name)")
            }
            let later = (WallTime.now() + 6 * Self.day).date
            try FileManager.default.setAttributes(
                [.modificationDate: later], ofItemAtPath: place.file("drop/rejected/new.csv.error.txt"))
            #expect(
                try Self.files(place, job: "drop") == [
                    "drop/rejected/gone.csv.error.txt", "drop/rejected/old.csv", "drop/rejected/old.csv.error.txt",
                ])
        }
    }
}
