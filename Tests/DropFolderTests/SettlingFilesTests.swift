import Basics
import TestSupport
import Testing

@testable import DropFolder

struct SettlingFilesTests {
    private static let second: MonotonicTime = 1_000_000_000

    private static func file(
        _ name: String, size: Int = 10, time: Int64 = 0, changed: Int64 = 0, marker: Int64? = nil,
        markerChanged: Int64 = 0
    ) -> ObservedFile {
        ObservedFile(
            name: name, identity: identity(size, time, changed: changed),
            marker: marker.map { identity(0, $0, changed: markerChanged) })
    }

    private static func identity(_ size: Int, _ time: Int64, inode: UInt64 = 1, changed: Int64 = 0) -> FileIdentity {
        FileIdentity(
            device: 1, inode: inode, byteCount: size, modifiedAt: FileTime(nanoseconds: time),
            changedAt: FileTime(nanoseconds: changed))
    }

    /// Takes looks one after the other and gives the names that were whole in each.
    private static func whole(
        _ looks: [(second: Int64, files: [ObservedFile])], settle: Duration = .seconds(30), marker: Bool = false
    ) -> [[String]] {
        var settling = SettlingFiles(settle: settle, needsDoneMarker: marker, order: .name)
        return looks.map { look in
            settling.take(listing(look.files), at: look.second * second).whole.map(\.name)
        }
    }

    private static func listing(_ files: [ObservedFile], orphans: [String: FileIdentity] = [:]) -> FolderListing {
        var listing = FolderListing()
        listing.files = files
        listing.orphans = orphans
        return listing
    }

    struct Case: CustomTestStringConvertible {
        let name: String
        let looks: [(second: Int64, files: [ObservedFile])]
        let whole: [[String]]
        var marker = false
        var testDescription: String { name }
    }

    static let cases = [
        Case(
            name: "unchanged for as long as it takes",
            looks: [(0, [file("a")]), (29, [file("a")]), (30, [file("a")])], whole: [[], [], ["a"]]),
        Case(
            name: "a change of size begins again",
            looks: [
                (0, [file("a")]), (29, [file("a", size: 11)]), (58, [file("a", size: 11)]), (59, [file("a", size: 11)]),
            ],
            whole: [[], [], [], ["a"]]),
        Case(
            name: "a change of time begins again, forwards or backwards",
            looks: [
                (0, [file("a", time: 5)]), (20, [file("a", time: 6)]), (40, [file("a", time: 4)]),
                (69, [file("a", time: 4)]), (70, [file("a", time: 4)]),
            ], whole: [[], [], [], [], ["a"]]),
        Case(
            name: "a writer that keeps the time of its source is seen by the time of the change",
            looks: [
                (0, [file("a", changed: 1)]), (20, [file("a", changed: 2)]), (40, [file("a", changed: 2)]),
                (50, [file("a", changed: 2)]),
            ], whole: [[], [], [], ["a"]]),
        Case(
            name: "a time in 1970 or in the future means nothing",
            looks: [
                (0, [file("a", time: 0), file("b", time: .max)]), (30, [file("a", time: 0), file("b", time: .max)]),
            ],
            whole: [[], ["a", "b"]]),
        Case(
            name: "gone and back again begins again",
            looks: [(0, [file("a")]), (10, []), (20, [file("a")]), (40, [file("a")]), (50, [file("a")])],
            whole: [[], [], [], [], ["a"]]),
        Case(
            name: "a whole file stays whole until it is claimed",
            looks: [(0, [file("a")]), (30, [file("a")]), (31, [file("a")])], whole: [[], ["a"], ["a"]]),
        Case(
            name: "each file for itself",
            looks: [(0, [file("a")]), (10, [file("a"), file("b")]), (30, [file("a"), file("b")]), (40, [file("b")])],
            whole: [[], [], ["a"], ["b"]]),
        Case(name: "a marker makes whole at once", looks: [(0, [file("a", marker: 1)])], whole: [["a"]]),
        Case(
            name: "where a marker is needed nothing else counts",
            looks: [(0, [file("a")]), (9_000, [file("a")]), (9_001, [file("a", marker: 1)])], whole: [[], [], ["a"]],
            marker: true),
    ]

    @Test(arguments: cases)
    func findsWholeFiles(of example: Case) {
        #expect(Self.whole(example.looks, marker: example.marker) == example.whole)
    }

    @Test
    func anotherFileOfTheSameSizeAndTimeBeginsAnew() {
        var settling = SettlingFiles(settle: .seconds(30), needsDoneMarker: false, order: .name)
        let replaced = ObservedFile(name: "a", identity: Self.identity(10, 0, inode: 2))
        _ = settling.take(Self.listing([Self.file("a")]), at: 0)
        #expect(settling.take(Self.listing([replaced]), at: 30 * Self.second).whole.isEmpty)
    }

    @Test
    func withoutATimeToSettleAFileIsWholeAtFirstSight() {
        #expect(Self.whole([(0, [Self.file("a")])], settle: .zero) == [["a"]])
    }

    @Test
    func tellsWhenToLookAgain() {
        var settling = SettlingFiles(settle: .milliseconds(1_500), needsDoneMarker: false, order: .name)
        #expect(settling.take(Self.listing([]), at: 0).nextPollAt == nil)
        #expect(settling.take(Self.listing([Self.file("b")]), at: 10).nextPollAt == 1_500_000_010)
        let both = settling.take(Self.listing([Self.file("a"), Self.file("b")]), at: 20)
        #expect(both.nextPollAt == 1_500_000_010)
        let later = settling.take(Self.listing([Self.file("a"), Self.file("b")]), at: 1_500_000_010)
        #expect(later.whole.map(\.name) == ["b"])
        #expect(later.nextPollAt == 1_500_000_020)
        #expect(both.settling == ["a", "b"] && later.settling == ["a"])
    }

    @Test
    func namesFilesThatWaitForTheirMarker() {
        var settling = SettlingFiles(settle: .seconds(30), needsDoneMarker: true, order: .name)
        let found = settling.take(Self.listing([Self.file("b"), Self.file("a"), Self.file("c", marker: 1)]), at: 0)
        #expect(found.withoutMarker == ["a", "b"])
        #expect(found.nextPollAt == nil)
    }

    @Test(arguments: [true, false])
    func aMarkerLeftOverFromAnEarlierFileDoesNotSpeakForTheNext(isNeeded: Bool) {
        var settling = SettlingFiles(settle: .seconds(30), needsDoneMarker: isNeeded, order: .name)
        _ = settling.take(Self.listing([], orphans: ["a": Self.identity(0, 1)]), at: 0)
        for instant in 1...3 {
            let found = settling.take(Self.listing([Self.file("a", marker: 1)]), at: Int64(instant) * Self.second)
            #expect(found.whole.isEmpty)
        }
        // Moved aside and back by us, it is still the same.
        let moved = settling.take(Self.listing([Self.file("a", marker: 1, markerChanged: 9)]), at: 3 * Self.second)
        #expect(moved.whole.isEmpty)
        let renewed = settling.take(Self.listing([Self.file("a", marker: 2)]), at: 4 * Self.second)
        #expect(renewed.whole.map(\.name) == ["a"])
    }

    @Test
    func takesFilesInTheOrderAskedFor() {
        let files = [
            Self.file("b", time: 1), Self.file("a", time: 3), Self.file("Z", time: 2), Self.file("c", time: 1),
        ]
        for (order, names) in [(SettlingFiles.Order.name, ["Z", "a", "b", "c"]), (.modified, ["b", "c", "Z", "a"])] {
            var settling = SettlingFiles(settle: .zero, needsDoneMarker: false, order: order)
            #expect(settling.take(Self.listing(files), at: 0).whole.map(\.name) == names)
        }
    }

    @Test
    func anAbsurdTimeToSettleDoesNoHarm() {
        var settling = SettlingFiles(settle: .seconds(Int64.max / 2), needsDoneMarker: false, order: .name)
        #expect(settling.take(Self.listing([Self.file("a")]), at: MonotonicTime(nanoseconds: 1 << 60)).whole.isEmpty)
    }
}
