import Basics
import Foundation
import Ingest
import TestSupport
import Testing

@testable import DropFolder

/// One file's steps through the folder.
struct DropFolderTests {
    @Test
    func looksAtNothingButFilesWithNamesOfTheirOwn() throws {
        let place = try DropFolderFixture()
        for name in [
            "a.csv", ".b.csv", "c.tmp", "d.part", "~$e.xlsx", "a.csv.status.txt", "f.csv.error.txt", "a.csv.done",
        ] {
            try place.drop(name)
        }
        mkdir(place.folder.inbox + "/folder", 0o700)
        mkfifo(place.folder.inbox + "/pipe", 0o600)
        symlink(place.folder.inbox + "/a.csv", place.folder.inbox + "/link.csv")
        mkdir(place.folder.inbox + "/g.csv.done", 0o700)
        let listing = try place.folder.look()
        #expect(listing.files.map(\.name) == ["a.csv"])
        #expect(listing.files.first?.hasMarker == true)
        #expect(listing.orphans.isEmpty)
        #expect(
            listing.skippedFiles == [
                SkippedFile(".b.csv", .unfinished(sign: ".")), SkippedFile("c.tmp", .unfinished(sign: ".tmp")),
                SkippedFile("d.part", .unfinished(sign: ".part")), SkippedFile("folder", .folder),
                SkippedFile("link.csv", .link), SkippedFile("pipe", .special),
                SkippedFile("~$e.xlsx", .unfinished(sign: "~$")),
            ])
    }

    @Test
    func tellsInOneTextWhatIsLeftAlone() throws {
        let place = try DropFolderFixture()
        for name in ["a.csv.filepart", "two\nlines.csv", "bell\u{7}.csv"] { try place.drop(name) }
        mkdir(place.folder.inbox + "/folder", 0o700)
        mkdir(place.folder.inbox + "/.snapshot", 0o700)
        let text = place.folder.inbox + "/_not-taken.status.txt"
        try place.folder.writeNotTaken(place.folder.look().skippedFiles)
        #expect(
            try String(contentsOfFile: text, encoding: .utf8) == """
                Not taken in, and left here as it is:

                - a.csv.filepart (unfinished by its name, .filepart): it is taken in once it has a name without that
                - folder (a folder): put its files into the inbox itself
                - 2 × a name that is not UTF-8, holds control characters or is longer than 200 bytes: give it another name

                """)
        // Our own text is none of what it tells of.
        #expect(try place.folder.look().skippedFiles.count == 4)
        try place.folder.writeNotTaken([])
        #expect(!FileManager.default.fileExists(atPath: text))
    }

    @Test
    func aFileWhoseWriterKeepsItsTimeIsNotClaimedAsItWas() throws {
        let place = try DropFolderFixture()
        try place.drop("a.csv")
        let path = place.folder.inbox + "/a.csv"
        let time = Date(timeIntervalSince1970: 1_700_000_000)
        try FileManager.default.setAttributes([.modificationDate: time], ofItemAtPath: path)
        let seen = try #require(try place.folder.look().files.first)
        // As many bytes, and the time set back: only the time of the change tells, once the system's clock has ticked.
        repeat {
            let writer = try FileHandle(forUpdating: URL(fileURLWithPath: path))
            try writer.write(contentsOf: Data("X".utf8))
            try writer.close()
            try FileManager.default.setAttributes([.modificationDate: time], ofItemAtPath: path)
        } while try place.folder.calls.file(path) == seen.identity
        #expect(try place.folder.claim(seen) == .changed)
        #expect(FileManager.default.fileExists(atPath: path))
    }

    @Test
    func countsFilesWhoseNamesCannotBeUsed() throws {
        let place = try DropFolderFixture()
        try place.drop("two\nlines.csv")
        let path = Array("\(place.folder.inbox)/f".utf8CString.dropLast()) + [-4, 0x72, 0]
        let latin = open(path, O_CREAT, 0o600)
        #expect(latin >= 0)
        close(latin)
        let listing = try place.folder.look()
        #expect(listing.files.isEmpty)
        #expect(listing.skippedFiles == [SkippedFile(nil, .unusableName), SkippedFile(nil, .unusableName)])
    }

    @Test
    func knowsAMarkerWithoutAFile() throws {
        let place = try DropFolderFixture()
        try place.drop("a.csv.done")
        let listing = try place.folder.look()
        #expect(listing.files.isEmpty)
        #expect(Array(listing.orphans.keys) == ["a.csv"])
    }

    @Test
    func aFileThatCameBetweenListingAndItsMarkerIsSeen() throws {
        let place = try DropFolderFixture()
        try place.drop("a.csv")
        try place.drop("a.csv.done")
        let listing = try place.folder.look(at: ["a.csv.done", "b.csv", "b.csv.done"])
        #expect(listing.files.map(\.name) == ["a.csv"])
        #expect(listing.files.first?.hasMarker == true)
        #expect(listing.orphans.isEmpty)
    }

    @Test
    func aClaimedFileLiesInWorkingAndItsMarkerIsGone() throws {
        let place = try DropFolderFixture()
        try place.drop("a.csv", "mine")
        try place.drop("a.csv.done")
        #expect(try place.claim("a.csv") == .taken(path: place.path + "/working/a.csv"))
        #expect(try place.files() == ["working/a.csv": "mine"])
    }

    @Test
    func aMarkerThatCameAfterTheLookGoesAlong() throws {
        let place = try DropFolderFixture()
        try place.drop("a.csv")
        let seen = try place.sighting(of: "a.csv")
        try place.drop("a.csv.done")
        #expect(try place.folder.claim(seen) == .taken(path: place.path + "/working/a.csv"))
        #expect(try place.names() == ["working/a.csv"])
    }

    @Test
    func aFileWaitsWhileOneOfItsNameIsWorkedOn() throws {
        let place = try DropFolderFixture()
        try place.drop("a.csv", "first")
        try place.claim("a.csv")
        try place.drop("a.csv", "second")
        try place.drop("a.csv.done", "")
        #expect(try place.claim("a.csv") == .waitsItsTurn)
        #expect(try place.files() == ["working/a.csv": "first", "inbox/a.csv": "second", "inbox/a.csv.done": ""])
        try place.folder.archive("a.csv", as: "a-1")
        #expect(try place.claim("a.csv") == .taken(path: place.path + "/working/a.csv"))
        #expect(try place.files() == ["working/a.csv": "second", "archive/a.csv": "first"])
    }

    @Test
    func aFileThatGrewAfterItWasSeenGoesBackWithItsMarker() throws {
        let place = try DropFolderFixture()
        try place.drop("a.csv", "half")
        try place.drop("a.csv.done", "")
        let seen = try place.sighting(of: "a.csv")
        try place.append(" more", to: "inbox/a.csv")
        #expect(try place.folder.claim(seen) == .changed)
        #expect(try place.files() == ["inbox/a.csv": "half more", "inbox/a.csv.done": ""])
    }

    @Test
    func aFileThatWasReplacedByALinkIsNotTaken() throws {
        let place = try DropFolderFixture()
        try place.drop("a.csv")
        let seen = try place.sighting(of: "a.csv")
        unlink(place.folder.inbox + "/a.csv")
        symlink("/etc/hostname", place.folder.inbox + "/a.csv")
        #expect(try place.folder.claim(seen) == .changed)
        #expect(try FileManager.default.contentsOfDirectory(atPath: place.folder.working).isEmpty)
    }

    @Test
    func aFileThatWasTakenAwayIsGoneAndSoIsItsMarker() throws {
        let place = try DropFolderFixture()
        try place.drop("a.csv")
        try place.drop("a.csv.done")
        let seen = try place.sighting(of: "a.csv")
        unlink(place.folder.inbox + "/a.csv")
        #expect(try place.folder.claim(seen) == .gone)
        #expect(try place.names().isEmpty)
    }

    @Test
    func aHalfFileDisplacedByAnotherIsRefusedWithTheReason() throws {
        let place = try DropFolderFixture()
        try place.drop("a.csv", "half", into: "working")
        try place.drop("a.csv", "new")
        guard case .refused(let error) = try place.folder.putBack("a.csv") else {
            Issue.record("it must be refused")
            return
        }
        #expect("\(error)".contains("another file of that name has come"))
        #expect(try place.names() == ["inbox/a.csv", "rejected/a.csv", "rejected/a.csv.error.txt"])
        #expect(try place.files()["rejected/a.csv"] == "half")
    }

    @Test
    func aFileWrittenToAfterTheClaimIsRefusedByTheReading() throws {
        let place = try DropFolderFixture()
        try place.drop("a.csv", "account_id,email\n1,a@example.com\n")
        let writer = try #require(FileHandle(forWritingAtPath: place.folder.inbox + "/a.csv"))
        try place.claim("a.csv")
        let file = try InputFile.open(path: place.folder.workingPath(of: "a.csv"))
        try writer.seekToEnd()
        try writer.write(contentsOf: Data("2,b@example.com\n".utf8))
        #expect { try file.examine() } throws: { "\($0)".contains("was changed while it was being read") }
    }

    @Test
    func archivedFilesOfOneNameGetTheirBatchesNames() throws {
        let place = try DropFolderFixture()
        for (content, batch) in [("one", "a-1"), ("two", "a-2"), ("three", "a-2")] {
            try place.drop("a.csv", content, into: "working")
            try place.folder.archive("a.csv", as: batch)
        }
        #expect(
            try place.files() == ["archive/a.csv": "one", "archive/a-2.csv": "two", "archive/a-2-2.csv": "three"])
    }

    @Test
    func leavingTwiceIsLeavingOnce() throws {
        let place = try DropFolderFixture()
        for name in ["a.csv", "b.csv", "c.csv"] { try place.drop(name, into: "working") }
        for _ in 1...3 {
            try place.folder.archive("a.csv", as: "a-1")
            try place.folder.reject("b.csv", because: InputError(file: "b.csv", rule: "is empty"), as: nil)
            try place.folder.delete("c.csv")
        }
        #expect(try place.names() == ["archive/a.csv", "rejected/b.csv", "rejected/b.csv.error.txt"])
    }

    @Test
    func aRefusedFileHasTheReasonBesideIt() throws {
        let place = try DropFolderFixture()
        try place.drop("a.csv", into: "working")
        let error = InputError(file: "a.csv", line: 3, column: 4, rule: "is not UTF-8; save as CSV UTF-8")
        try place.folder.reject("a.csv", because: error, as: "a-1")
        let text = try #require(try place.files()["rejected/a.csv.error.txt"])
        for part in ["a.csv was refused", "Line 3, column 4", "save as CSV UTF-8", "drop it into the inbox again"] {
            #expect(text.contains(part))
        }
        #expect(try place.facts("rejected/a.csv.error.txt").mode == 0o600)
    }

    @Test
    func refusedFilesOfOneNameKeepTheirReasonsApart() throws {
        let place = try DropFolderFixture()
        for rule in ["one", "two", "three"] {
            try place.drop("a.csv", rule, into: "working")
            try place.folder.reject("a.csv", because: InputError(file: "a.csv", rule: rule), as: nil)
        }
        let files = try place.files()
        for (name, rule) in [("a.csv", "one"), ("a-2.csv", "two"), ("a-3.csv", "three")] {
            #expect(files["rejected/\(name)"] == rule)
            #expect(files["rejected/\(name).error.txt"]?.contains("a.csv \(rule)") == true)
        }
        #expect(files.count == 6)
    }

    @Test
    func aReasonLeftWithoutItsFileIsWrittenAnew() throws {
        let place = try DropFolderFixture()
        try place.drop("a.csv.error.txt", "old", into: "rejected")
        try place.drop("a.csv", into: "working")
        try place.folder.reject("a.csv", because: InputError(file: "a.csv", rule: "is empty"), as: nil)
        #expect(try place.files()["rejected/a.csv.error.txt"]?.contains("is empty") == true)
        #expect(try place.files().count == 2)
    }

    @Test(arguments: [
        "50% off #1?.csv", " spaces .csv", "a%2Fb.csv", "M\u{E4}rz;&*'\".csv", "Ma\u{308}rz.csv", "-rf", "e\u{301}\\n",
    ])
    func aFileOfAnyNamePassesUnderIt(name: String) throws {
        let place = try DropFolderFixture()
        try place.drop(name, name)
        try place.claim(name)
        try place.folder.writeStatus(FileStatus(file: name, phase: .cancelled, writtenAt: 0, zone: .gmt))
        try place.folder.reject(name, because: InputError(file: name, rule: "is bad"), as: nil)
        let names = try place.folder.calls.names(in: place.folder.rejected).compactMap { $0.map { Array($0.utf8) } }
        #expect(names.contains(Array(name.utf8)))
        #expect(names.contains(Array((name + ".error.txt").utf8)))
        #expect(try FileManager.default.contentsOfDirectory(atPath: place.folder.inbox) == [name + ".status.txt"])
    }

    /// Swift holds them for one name; the file system does not.
    @Test
    func twoFilesWhoseNamesLookAlikePassOneAfterTheOther() throws {
        let place = try DropFolderFixture()
        let calls = FolderCalls()
        for name in ["M\u{E4}rz", "Ma\u{308}rz"] {
            close(open("\(place.folder.inbox)/\(name)", O_CREAT | O_WRONLY, 0o600))
        }
        for remaining in [1, 0] {
            let seen = try place.folder.look().files
            #expect(seen.count == 1)
            for file in seen {
                #expect(try place.folder.claim(file) == .taken(path: place.folder.workingPath(of: file.name)))
                try place.folder.archive(file.name, as: "m")
            }
            #expect(try calls.names(in: place.folder.inbox).count == remaining)
        }
        #expect(try calls.names(in: place.folder.archive).count == 2)
    }

    @Test
    func aFileOfTwoGigabytesPassesWithoutBeingCopied() throws {
        let place = try DropFolderFixture()
        try place.drop("big.csv")
        truncate(place.folder.inbox + "/big.csv", 2 << 30)
        let seen = try place.sighting(of: "big.csv")
        #expect(seen.byteCount == 2 << 30)
        #expect(try place.folder.claim(seen) == .taken(path: place.path + "/working/big.csv"))
        try place.folder.archive("big.csv", as: "big-1")
        let archived = try #require(try FolderCalls().file(place.path + "/archive/big.csv"))
        #expect(archived.isSameBesidesName(as: seen.identity))
    }

    @Test
    func tenThousandFilesTakeTheSameStepsEach() throws {
        let counter = StepCounter()
        let memory = "/dev/shm"
        let place = try DropFolderFixture(
            calls: counter.calls, in: FileManager.default.isWritableFile(atPath: memory) ? memory : nil)
        let (prepared, count) = (counter.count, 10_000)
        for index in 0..<count { try place.drop("f\(index).csv") }
        var settling = SettlingFiles(settle: .zero, needsDoneMarker: false, order: .name)
        let whole = settling.take(try place.folder.look(), at: 0).whole
        #expect(whole.count == count)
        for file in whole {
            #expect(try place.folder.claim(file) == .taken(path: place.folder.workingPath(of: file.name)))
            try place.folder.archive(file.name, as: "x")
        }
        #expect(counter.count - prepared == count * 6)
        #expect(try FileManager.default.contentsOfDirectory(atPath: place.folder.archive).count == count)
    }

    @Test
    func withoutFlagsOfRenameNothingIsReplacedEither() throws {
        var calls = FolderCalls()
        calls.usesRenameFlags = false
        let place = try DropFolderFixture(calls: calls)
        let (inbox, working) = (place.folder.inbox + "/a", place.folder.working + "/a")
        try place.drop("a", "mine")
        #expect(try calls.move(inbox, to: working) == .moved)
        try place.drop("a", "other")
        #expect(try calls.move(inbox, to: working) == .occupied)
        #expect(try calls.move(working, to: inbox, isShared: true) == .occupied)
        #expect(try place.files() == ["inbox/a": "other", "working/a": "mine"])
        unlink(inbox)
        #expect(try calls.move(working, to: inbox, isShared: true) == .moved)
        #expect(try calls.move(working, to: inbox, isShared: true) == .gone)
        #expect(try place.files() == ["inbox/a": "mine"])
    }

    @Test
    func aLinkLeftByACrashIsNoSecondFile() throws {
        var calls = FolderCalls()
        calls.usesRenameFlags = false
        let place = try DropFolderFixture(calls: calls)
        try place.drop("a", "mine")
        link(place.folder.inbox + "/a", place.folder.working + "/a")
        #expect(try calls.move(place.folder.working + "/a", to: place.folder.inbox + "/a", isShared: true) == .moved)
        #expect(try place.files() == ["inbox/a": "mine"])
    }
}
