import Basics
import Foundation
import TestSupport
import Testing

@testable import DropFolder

/// Killed after each single change of the file system or of the database, and started again.
struct DropFolderCrashTests {
    struct Way: CustomTestStringConvertible {
        let needsDoneMarker: Bool
        let usesRenameFlags: Bool
        var testDescription: String {
            "\(needsDoneMarker ? "markers" : "settling"), \(usesRenameFlags ? "renames" : "links")"
        }
    }

    static let ways = [true, false].flatMap { marker in
        [true, false].map { Way(needsDoneMarker: marker, usesRenameFlags: $0) }
    }

    private static func place() throws -> DropFolderFixture {
        try DropFolderFixture(in: FileManager.default.isWritableFile(atPath: "/dev/shm") ? "/dev/shm" : nil)
    }

    private static func dropFiles(into place: DropFolderFixture, _ way: Way) throws {
        for name in ["bad", "one", "two"] { try place.drop("\(name).csv", name) }
        // A refused and an archived file of the same names were there before.
        try place.drop("one.csv", "earlier", into: "archive")
        guard way.needsDoneMarker else { return }
        for name in ["bad", "one", "two"] { try place.drop("\(name).csv.done", "") }
    }

    private static func life(of place: DropFolderFixture, _ book: FolderRecord, _ way: Way, killedAfter steps: Int)
        -> FolderLifecycle
    {
        let counter = StepCounter(dyingAfter: steps)
        var calls = counter.calls
        calls.usesRenameFlags = way.usesRenameFlags
        return FolderLifecycle(
            folder: place.folder(with: calls), book: book, counter: counter, needsDoneMarker: way.needsDoneMarker)
    }

    private static func expectTheEnd(_ place: DropFolderFixture, _ book: FolderRecord, _ killed: Comment) throws {
        var files = try place.files()
        #expect(files.removeValue(forKey: "rejected/bad.csv.error.txt")?.contains("is bad") == true, killed)
        #expect(files.removeValue(forKey: "archive/one.csv") == "earlier", killed)
        let archived = files.filter { $0.key.hasPrefix("archive/") }.values.sorted()
        #expect(archived == ["one", "two"], killed)
        #expect(files.count == 3 && files["rejected/bad.csv"] == "bad", "\(killed): \(files.keys)")
        #expect(book.batches.sorted() == ["one", "two"], killed)
        #expect(book.completed.sorted() == ["one", "two"], killed)
        #expect(book.claimed.isEmpty, killed)
    }

    @Test(arguments: ways)
    func aKillAfterEachStepEndsInTheSamePlace(way: Way) throws {
        var steps = 0
        var isKilled = true
        while isKilled {
            steps += 1
            let (place, book) = (try Self.place(), FolderRecord())
            try Self.dropFiles(into: place, way)
            do {
                try Self.life(of: place, book, way, killedAfter: steps).run()
                isKilled = false
            } catch is StepCounter.Killed {}
            try Self.life(of: place, book, way, killedAfter: .max).run()
            try Self.expectTheEnd(place, book, "killed after step \(steps)")
        }
        #expect(steps > 30)
    }

    @Test(arguments: ways)
    func manyKillsInARowEndInTheSamePlace(way: Way) throws {
        var random = SeededRandom(seed: 3)
        for round in 1...60 {
            let (place, book) = (try Self.place(), FolderRecord())
            try Self.dropFiles(into: place, way)
            for _ in 1...8 {
                let steps = Int.random(in: 1...25, using: &random)
                do {
                    try Self.life(of: place, book, way, killedAfter: steps).run()
                } catch is StepCounter.Killed {}
            }
            try Self.life(of: place, book, way, killedAfter: .max).run()
            try Self.expectTheEnd(place, book, "round \(round)")
        }
    }

    /// Somebody who sees that their file has vanished drops another of that name while nobody runs.
    @Test(arguments: ways)
    func aFileOfTheSameNameDroppedAfterTheKillIsNoLoss(way: Way) throws {
        for steps in 1...60 {
            let (place, book) = (try Self.place(), FolderRecord())
            try Self.dropFiles(into: place, way)
            do {
                try Self.life(of: place, book, way, killedAfter: steps).run()
            } catch is StepCounter.Killed {}
            let isDisplaced = try place.files()["inbox/one.csv"] == nil
            if isDisplaced {
                try place.drop("one.csv", "three")
                if way.needsDoneMarker { try place.drop("one.csv.done", "") }
            }
            try Self.life(of: place, book, way, killedAfter: .max).run()
            let files = try place.files()
            let contents = files.filter { !$0.key.hasSuffix(".error.txt") }.values.sorted()
            #expect(contents == ["bad", "earlier", "one"] + (isDisplaced ? ["three"] : []) + ["two"], "step \(steps)")
            #expect(!files.keys.contains { $0.hasPrefix("inbox/") || $0.hasPrefix("working/") }, "step \(steps)")
            for name in files.keys where name.hasPrefix("rejected/") && !name.hasSuffix(".error.txt") {
                #expect(files[name + ".error.txt"] != nil, "step \(steps): \(name) lies there unexplained")
            }
        }
    }

    @Test
    func aFileInRejectedIsExplainedAtAnyMoment() throws {
        for steps in 1...60 {
            let (place, book) = (try Self.place(), FolderRecord())
            let way = Way(needsDoneMarker: false, usesRenameFlags: true)
            try Self.dropFiles(into: place, way)
            do {
                try Self.life(of: place, book, way, killedAfter: steps).run()
            } catch is StepCounter.Killed {}
            let files = try place.files()
            #expect(files["rejected/bad.csv"] == nil || files["rejected/bad.csv.error.txt"] != nil, "step \(steps)")
        }
    }

    @Test
    func whatAKillLeftOfATextIsRemoved() throws {
        let place = try Self.place()
        try place.drop(FolderCalls.temporaryPrefix + "x.tmp")
        try place.drop(FolderCalls.temporaryPrefix + "x.tmp", into: "rejected")
        _ = try place.folder.recover(claimed: [], needsDoneMarker: false)
        #expect(try place.names().isEmpty)
    }

    @Test
    func aReasonWhoseFileWasNotMovedYetIsTakenBackWithIt() throws {
        let place = try Self.place()
        try place.drop("a.csv", into: "working")
        try place.drop("a.csv.error.txt", into: "rejected")
        try place.drop("b.csv", into: "working")
        try place.drop("b.csv", into: "rejected")
        try place.drop("b.csv.error.txt", into: "rejected")
        _ = try place.folder.recover(claimed: [], needsDoneMarker: false)
        #expect(try place.names() == ["inbox/a.csv", "inbox/b.csv", "rejected/b.csv", "rejected/b.csv.error.txt"])
    }

    @Test
    func tellsWhatIsInWorking() throws {
        let place = try Self.place()
        for name in ["claimed", "loose", "checked", "half", "half.done", "claimed.done", "alone.done"] {
            try place.drop(name, name, into: "working")
        }
        let found = try place.folder.recover(claimed: ["claimed", "left"], needsDoneMarker: true)
        #expect(found.claimed == ["claimed"])
        #expect(found.unclaimed == ["checked", "loose"])
        #expect(found.returned == ["half"])
        #expect(found.gone == ["left"])
        #expect(
            try place.names() == [
                "inbox/half", "inbox/half.done", "working/checked", "working/claimed", "working/loose",
            ])
        let again = try place.folder.recover(claimed: ["claimed"], needsDoneMarker: false)
        #expect(again.returned == ["checked", "loose"])
    }
}
