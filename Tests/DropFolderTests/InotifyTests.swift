import Basics
import Foundation
import TestSupport
import Testing

@testable import DropFolder

/// The kernel's events, read without a thread: they are there when the call that made them returns.
struct InotifyTests {
    private let place: DropFolderFixture
    private let inotify: Inotify

    init() throws {
        place = try DropFolderFixture()
        inotify = try Inotify(folder: place.folder.inbox)
        try inotify.follow()
    }

    @Test
    func aFileWrittenOrRenamedIntoTheFolderIsWorthALook() throws {
        #expect(!inotify.drain())
        try place.drop("a.csv")
        #expect(inotify.drain())
        #expect(!inotify.drain())
        try place.drop("b.csv", into: "working")
        rename(place.folder.working + "/b.csv", place.folder.inbox + "/b.csv")
        #expect(inotify.drain())
        try place.drop("b.csv.done")
        #expect(inotify.drain())
        try place.append("more", to: "inbox/b.csv")
        #expect(inotify.drain())
    }

    @Test
    func ourOwnTextsAreNotWorthALook() throws {
        let status = FileStatus(file: "a.csv", phase: .waitingForMarker, writtenAt: 0, zone: .gmt)
        try place.folder.writeStatus(status)
        try place.folder.removeStatus(of: "a.csv")
        #expect(!inotify.drain())
        // An unfinished file is told of.
        try place.drop("a.csv.part")
        #expect(inotify.drain())
    }

    @Test
    func aFileThatIsTakenAwayIsWorthALook() throws {
        try place.drop("a.csv")
        _ = inotify.drain()
        try FileManager.default.removeItem(atPath: place.folder.inbox + "/a.csv")
        #expect(inotify.drain())
    }

    @Test
    func followingTwiceIsFollowingOnce() throws {
        try inotify.follow()
        try place.drop("a.csv")
        #expect(inotify.drain())
        #expect(!inotify.drain())
    }

    @Test
    func aFolderDeletedAndMadeAgainIsFollowed() throws {
        rmdir(place.folder.inbox)
        #expect(inotify.drain())
        #expect(throws: InotifyFault(watching: ENOENT)) { try inotify.follow() }
        try place.folder.prepare()
        try inotify.follow()
        _ = inotify.drain()
        try place.drop("a.csv")
        #expect(inotify.drain())
    }

    @Test
    func aFolderReplacedByAnotherIsFollowed() throws {
        rename(place.folder.inbox, place.path + "/old")
        try place.folder.prepare()
        try inotify.follow()
        _ = inotify.drain()
        try place.drop("a.csv", into: "old")
        #expect(!inotify.drain())
        try place.drop("a.csv")
        #expect(inotify.drain())
    }

    /// `struct inotify_event` as the kernel lays it out.
    private static func event(mask: Int, nameSize: UInt32 = 0, name: String = "") -> [UInt8] {
        let words = [1, UInt32(truncatingIfNeeded: mask), 0, nameSize]
        return words.flatMap { word in withUnsafeBytes(of: word) { Array($0) } } + Array(name.utf8)
    }

    @Test
    func anOverflowOfTheQueueIsWorthALook() {
        #expect(Self.event(mask: Int(IN_Q_OVERFLOW)).withUnsafeBytes { InotifyEvents.haveWork($0) })
    }

    @Test
    func eventsCutShortAreReadWithoutHarm() {
        let bytes = Self.event(mask: Int(IN_CREATE), nameSize: 1_000, name: "a.status.txt")
        for count in 0..<16 {
            #expect(!bytes.prefix(count).withUnsafeBytes { InotifyEvents.haveWork($0) })
        }
        #expect(!bytes.withUnsafeBytes { InotifyEvents.haveWork($0) })
    }

    @Test(arguments: [
        (InotifyFault(making: SystemFault(EMFILE)), "max_user_instances"),
        (InotifyFault(watching: ENOSPC), "max_user_watches"),
        (InotifyFault(watching: EACCES), "polling only: Permission denied"),
    ])
    func faultsSayWhatToDo(fault: InotifyFault, remedy: String) {
        #expect(fault.message?.contains(remedy) == true)
    }
}
