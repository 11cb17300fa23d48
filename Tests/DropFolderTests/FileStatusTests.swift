import Basics
import Foundation
import TestSupport
import Testing

@testable import DropFolder

struct FileStatusTests {
    private static let zone = TimeZone(identifier: "Europe/Berlin") ?? .gmt
    /// 25 November 2026, 09:00 UTC.
    private static let nine: WallTime = 1_795_597_200_000

    private static func status(_ phase: FileStatus.Phase, batch: String? = "accounts-17", another: Bool = false)
        -> String
    {
        FileStatus(
            file: "accounts.csv", batch: batch, takenAt: batch == nil ? nil : nine, phase: phase, anotherWaits: another,
            writtenAt: nine + 60_000, zone: zone
        ).text
    }

    struct Case: CustomTestStringConvertible {
        let phase: FileStatus.Phase
        let parts: [String]
        var testDescription: String { parts.first ?? "" }
    }

    static let cases = [
        Case(
            phase: .takingIn(percent: 40), parts: ["accounts.csv: being taken in (40%)", "Nothing of it has been sent"]),
        Case(phase: .queued(reason: nil), parts: ["waiting for its turn", "Why: other files come first"]),
        Case(
            phase: .queued(reason: "calls from 22:00 on"), parts: ["waiting for its turn", "Why: calls from 22:00 on"]),
        Case(
            phase: .waitingForConfirmation(
                .init(reason: "12,000 calls are above 10,000", command: "rollcall start accounts-17")),
            parts: [
                "waiting for a confirmation", "12,000 calls",
                "To let the others be sent: ask those who run Rollcall for 'rollcall start accounts-17'",
            ]),
        Case(
            phase: .waitingForConfirmation(
                .init(
                    reason: "13 of 20 lines are invalid", command: "rollcall start accounts-17",
                    refusals: [
                        .init(rule: "email must be 3 to 254 characters", count: 12, lines: [2, 3, 5]),
                        .init(rule: "the record has fewer cells", count: 1, lines: [9]),
                    ], returned: "out/accounts_20261125-1000_17/failed.csv", canBeWithdrawn: true)),
            parts: [
                "- 12 lines (2, 3, 5, …): email must be 3 to 254 characters\n- 1 line (9): the record has fewer cells\n",
                "each with what is wrong: out/accounts_20261125-1000_17/failed.csv",
                "To withdraw it: delete accounts.csv here, or put a corrected file in its place.",
            ]),
        Case(
            phase: .running(.init(done: 1_234_567, total: 2_000_000, rate: 19.6)),
            parts: [
                "running\n", "Done: 1,234,567 of 2,000,000 (61%), 20 a second",
                "Results: expected 2026-11-25 20:51 (Europe/Berlin), in 10 h 50 min",
            ]),
        Case(
            phase: .running(.init(done: 5, total: 10, rate: 2, waiting: "the API answers 503")),
            parts: ["running, waiting", "Done: 5 of 10 (50%), 2.0 a second", "Waiting: the API answers 503"]),
        Case(
            phase: .running(.init(done: 5, total: 10, rate: 0, slowed: "the API refuses calls as too many")),
            parts: ["less than one in 20 seconds", "Slower than usual: the API refuses calls as too many"]),
        Case(phase: .paused(reason: nil, remedy: nil), parts: ["paused", "somebody stopped it", "ask those who run"]),
        Case(
            phase: .halted(reason: "the certificate has expired", remedy: "renew it, then rollcall resume accounts-17"),
            parts: ["halted", "Why: the certificate has expired", "What to do: renew it, then"]),
        Case(
            phase: .rejected(
                InputError(file: "accounts.csv", line: 3, column: 7, rule: "is not UTF-8; save as CSV UTF-8")),
            parts: [
                "refused", "Where: Line 3, column 7", "save as CSV UTF-8", "nothing was billed", "drop it here again",
            ]),
        Case(
            phase: .rejected(InputError(file: "accounts.csv", rule: "is empty")), parts: ["Why: accounts.csv is empty"]),
        Case(phase: .cancelled, parts: ["cancelled"]),
    ]

    @Test(arguments: cases)
    func saysWhereAFileIsAndWhatToDo(of example: Case) {
        let text = Self.status(example.phase)
        for part in example.parts { #expect(text.contains(part), "\(text)") }
        #expect(text.contains("Taken: 2026-11-25 10:00 (Europe/Berlin), as batch accounts-17"))
        #expect(text.hasSuffix("Written by Rollcall 2026-11-25 10:01 (Europe/Berlin).\n"))
    }

    @Test(arguments: [
        (FileStatus.Phase.settling(for: .seconds(90)), "once nobody has written to it for 1 min 30 s"),
        (.settling(for: .milliseconds(500)), "for a moment"), (.settling(for: .seconds(30)), "for 30 s"),
        (.waitingForSchedule(at: nine), "at 2026-11-25 10:00 (Europe/Berlin)"),
        (.waitingForSchedule(at: nil), "not due any more"), (.waitingForMarker, "accounts.csv.done"),
    ])
    func aFileInTheInboxIsToldWhatItWaitsForAndHowToWithdrawIt(phase: FileStatus.Phase, part: String) {
        let text = Self.status(phase, batch: nil)
        #expect(text.contains(part) && text.contains("To withdraw it: delete it here."), "\(text)")
        #expect(!text.contains("Taken:"))
    }

    @Test
    func aFileThatWaitsForItsMarkerIsToldWhichOne() {
        let text = Self.status(.waitingForMarker, batch: nil)
        #expect(text.contains("accounts.csv.done"))
        #expect(!text.contains("Taken"))
    }

    @Test
    func anotherFileOfTheNameIsMentioned() {
        #expect(Self.status(.cancelled, another: true).contains("Another file of this name waits"))
        #expect(!Self.status(.cancelled).contains("Another"))
    }

    @Test
    func aCorrectedFileTakesThePlaceOfOneThatWaits() {
        let request = FileStatus.ConfirmationRequest(reason: "x", command: "y", canBeWithdrawn: true)
        let text = Self.status(.waitingForConfirmation(request), another: true)
        #expect(text.contains("the first one is withdrawn") && text.contains("under another name"))
        #expect(!text.contains("delete accounts.csv here"))
        let alone = Self.status(.waitingForConfirmation(request))
        #expect(!alone.contains("withdrawn") && alone.contains("delete accounts.csv here"))
    }

    @Test
    func noTimeIsPromisedWhereNothingMoves() {
        for progress in [
            FileStatus.Progress(done: 5, total: 10, rate: 2, waiting: "x"), .init(done: 5, total: 10, rate: 0),
            .init(done: 5, total: 10), .init(done: 10, total: 10, rate: 2), .init(done: 0, total: 0),
        ] {
            #expect(!Self.status(.running(progress)).contains("expected"))
        }
    }

    @Test
    func aRateNearZeroDoesNoHarm() {
        let text = Self.status(.running(.init(done: 0, total: 1_000_000, rate: 1e-300)))
        #expect(text.contains("Done: 0 of 1,000,000"))
        #expect(!text.contains("expected"))
    }

    @Test
    func theTextIsWrittenBesideTheFileForTheGroup() throws {
        let group = try PreparingTests.group()
        let place = try DropFolderFixture(group: group)
        let status = FileStatus(file: "a.csv", phase: .cancelled, writtenAt: 0, zone: .gmt)
        try place.folder.writeStatus(status)
        #expect(try place.files() == ["inbox/a.csv.status.txt": status.text])
        #expect(try place.facts("inbox/a.csv.status.txt").mode == 0o660)
        #expect(try place.facts("inbox/a.csv.status.txt").group == group.id)
        try place.folder.removeStatus(of: "a.csv")
        try place.folder.removeStatus(of: "a.csv")
        #expect(try place.names().isEmpty)
    }

    @Test
    func whatAnEarlierTryLeftIsNotInTheWay() throws {
        let place = try DropFolderFixture()
        try place.drop(FolderCalls.temporaryPrefix + "a.csv.status.txt.tmp", "half")
        try place.folder.writeStatus(FileStatus(file: "a.csv", phase: .cancelled, writtenAt: 0, zone: .gmt))
        #expect(try place.names() == ["inbox/a.csv.status.txt"])
    }

    @Test
    func theTextIsPrivateWithoutAGroup() throws {
        let place = try DropFolderFixture()
        try place.folder.writeStatus(FileStatus(file: "a.csv", phase: .cancelled, writtenAt: 0, zone: .gmt))
        #expect(try place.facts("inbox/a.csv.status.txt").mode == 0o600)
    }

    @Test
    func aLinkInPlaceOfTheTextIsReplacedNotFollowed() throws {
        let place = try DropFolderFixture()
        try place.drop("victim", "untouched", into: "working")
        symlink(place.folder.working + "/victim", place.folder.inbox + "/a.csv.status.txt")
        try place.folder.writeStatus(FileStatus(file: "a.csv", phase: .cancelled, writtenAt: 0, zone: .gmt))
        #expect(try place.files()["working/victim"] == "untouched")
        #expect(try place.files()["inbox/a.csv.status.txt"]?.contains("cancelled") == true)
    }

    @Test(arguments: [
        ("accounts.csv", "accounts_20261125-1000_17"), ("v2.accounts.csv", "v2.accounts_20261125-1000_17"),
        ("accounts", "accounts_20261125-1000_17"),
        (String(repeating: "ä", count: 100), String(repeating: "ä", count: 90) + "_20261125-1000_17"),
    ])
    func resultFoldersCarryNameDateAndBatch(file: String, name: String) {
        let made = ResultFolderName.of(
            file, takenAt: Self.nine, in: Self.zone, batch: 17)
        #expect(made == name)
    }
}
