import Basics
import Foundation
import TestSupport
import Testing

@testable import DropFolder

/// Which folders are made, and who may use them.
struct PreparingTests {
    static let folders = ["inbox", "working", "archive", "rejected", "out"]

    /// A group this user can give things to: any for root, else its own.
    static func group() throws -> ExchangeGroup {
        if geteuid() == 0 { return try ExchangeGroup.named("daemon") }
        let entry = try #require(getgrgid(getegid()))
        return try ExchangeGroup.named(String(cString: entry.pointee.gr_name))
    }

    @Test(arguments: [
        ("/srv/drop", "/srv/drop"), ("/srv/drop/", "/srv/drop"), ("/srv/drop/inbox", "/srv/drop"),
        ("/srv/drop/inbox/", "/srv/drop"), ("/srv/inbox/drop", "/srv/inbox/drop"), ("/srv/Inbox", "/srv/Inbox"),
    ])
    func aPathThatEndsInInboxIsTheInboxItself(path: String, root: String) {
        let folder = DropFolder(path: path, calls: FolderCalls())
        #expect(folder.root == root)
        #expect(folder.inbox == root + "/inbox")
        #expect(folder.output == root + "/out")
    }

    @Test
    func makesPrivateFolders() throws {
        let place = try DropFolderFixture()
        for name in Self.folders + [""] { #expect(try place.facts(name).mode == 0o700, "\(name)") }
    }

    @Test
    func makesWhatIsAboveToo() throws {
        let place = try DropFolderFixture()
        let deep = DropFolder(path: place.path + "/a/b", calls: FolderCalls())
        try deep.prepare()
        #expect(try place.facts("a").mode == 0o700)
        #expect(try place.facts("a/b/working").mode == 0o700)
    }

    @Test
    func aGroupSharesInboxAndOutAndNothingElse() throws {
        let group = try Self.group()
        let place = try DropFolderFixture(group: group)
        for name in ["inbox", "out"] {
            #expect(try place.facts(name).mode == 0o2770)
            #expect(try place.facts(name).group == group.id)
        }
        for name in ["working", "archive", "rejected"] { #expect(try place.facts(name).mode == 0o700) }
        #expect(try place.facts("").mode == 0o710)
        #expect(try place.facts("").group == group.id)
    }

    @Test
    func modesThatWereLooserOrTighterAreSetRight() throws {
        let place = try DropFolderFixture()
        for name in Self.folders { chmod("\(place.path)/\(name)", 0o777) }
        try place.folder.prepare()
        for name in Self.folders { #expect(try place.facts(name).mode == 0o700) }
        let shared = DropFolder(path: place.path, exchangeGroup: try Self.group(), calls: FolderCalls())
        try shared.prepare()
        #expect(try place.facts("inbox").mode == 0o2770)
        #expect(try place.facts("").mode == 0o710)
    }

    @Test(.enabled(if: geteuid() == 0))
    func aFolderOfAnotherGroupIsGivenToTheRightOne() throws {
        let place = try DropFolderFixture(group: try Self.group())
        chown(place.folder.inbox, 0, 0)
        chmod(place.folder.inbox, 0o2770)
        try place.folder.prepare()
        #expect(try place.facts("inbox") == place.facts("out"))
    }

    @Test
    func aFolderAboveThatSomebodyElseArrangedIsLeftAlone() throws {
        let place = try DropFolderFixture()
        chmod(place.path, 0o750)
        try DropFolder(path: place.path, exchangeGroup: try Self.group(), calls: FolderCalls()).prepare()
        #expect(try place.facts("").mode == 0o750)
    }

    @Test
    func anUnknownGroupIsNamedWithTheRemedy() {
        #expect {
            try DropFolder(path: "/srv/drop", exchangeGroup: "no-such-group-here")
        } throws: { error in
            "\(error)".contains("no group 'no-such-group-here'") && "\(error)".contains("groupadd")
        }
    }

    @Test
    func aFileInTheWayOfAFolderIsToldByItsName() throws {
        let place = try DropFolderFixture()
        rmdir(place.folder.archive)
        try place.drop("archive", into: ".")
        #expect { try place.folder.prepare() } throws: { "\($0)".contains("archive cannot be opened") }
    }

    @Test
    func aLinkInPlaceOfAFolderIsNotFollowed() throws {
        let (place, other) = (try DropFolderFixture(), try DropFolderFixture())
        rmdir(place.folder.working)
        symlink(other.folder.working, place.folder.working)
        #expect(throws: DropFolderError.self) { try place.folder.prepare() }
    }

    @Test(.enabled(if: FileManager.default.isWritableFile(atPath: "/dev/shm")))
    func foldersOnSeveralFileSystemsAreRefused() throws {
        let (place, elsewhere) = (try DropFolderFixture(), try DropFolderFixture(in: "/dev/shm"))
        let calls = FolderCalls()
        try place.drop("a.csv")
        #expect {
            try calls.move("\(place.path)/inbox/a.csv", to: "\(elsewhere.path)/working/a.csv")
        } throws: { ($0 as? DropFolderError)?.code == .fileSystems }
        #expect(try place.names() == ["inbox/a.csv"])
    }

    /// Root of a container may not mount.
    private static let canMount: Bool = {
        guard let place = try? DropFolderFixture(), mount("tmpfs", place.folder.inbox, "tmpfs", 0, nil) == 0 else {
            return false
        }
        return umount(place.folder.inbox) == 0
    }()

    @Test(.enabled(if: canMount))
    func anInboxThatIsMountedByItselfIsRefusedAtOnce() throws {
        let place = try DropFolderFixture()
        try #require(mount("tmpfs", place.folder.inbox, "tmpfs", 0, nil) == 0)
        defer { umount(place.folder.inbox) }
        #expect {
            try place.folder.prepare()
        } throws: { error in
            (error as? DropFolderError)?.code == .fileSystems && "\(error)".contains("mount the folder that holds them")
        }
    }

    @Test
    func resultsAreOpenedToTheGroupWhenTheyAreWhole() throws {
        let group = try Self.group()
        let place = try DropFolderFixture(group: group)
        mkdir(place.folder.output + "/a_1", 0o700)
        try place.drop("results.csv", into: "out/a_1")
        chmod("\(place.path)/out/a_1/results.csv", 0o600)
        try place.drop("private", into: "working")
        chmod("\(place.path)/working/private", 0o600)
        symlink("\(place.path)/working/private", "\(place.path)/out/a_1/link")
        try place.folder.shareResults("a_1")
        #expect(try place.facts("out/a_1").mode == 0o2770)
        #expect(try place.facts("out/a_1").group == group.id)
        #expect(try place.facts("out/a_1/results.csv").mode == 0o660)
        #expect(try place.facts("out/a_1/results.csv").group == group.id)
        #expect(try place.facts("working/private").mode == 0o600)
    }

    @Test
    func resultsStayPrivateWithoutAGroup() throws {
        let place = try DropFolderFixture()
        mkdir(place.folder.output + "/a_1", 0o700)
        try place.folder.shareResults("a_1")
        #expect(try place.facts("out/a_1").mode == 0o700)
    }
}
