import Basics
import Foundation
import TestSupport
import Testing

@testable import DropFolder

/// The watcher with its thread, waited for by its own signals: a test that never gets one ends by its time limit.
@Suite(.timeLimit(.minutes(15)))
struct FolderWatcherTests {
    private let place: DropFolderFixture
    private let poll = HeldPoll()

    init() throws { place = try DropFolderFixture() }

    /// Texts that a watcher told.
    private final class Told: Sendable {
        private let texts = Lock<[String]>([])
        var all: [String] { texts.withLock { $0 } }
        func tell(_ text: String) { texts.withLock { $0.append(text) } }
    }

    /// Runs a watcher while `body` reads its signals.
    private func watch(
        _ watcher: FolderWatcher, _ body: (inout AsyncStream<Void>.Iterator) async throws -> Void
    ) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await watcher.run() }
            var looks = watcher.looks.makeAsyncIterator()
            try await body(&looks)
            group.cancelAll()
            while await looks.next() != nil {}
        }
    }

    private func watcher(of folder: String? = nil, told: Told = Told(), limit: Int32? = nil) -> FolderWatcher {
        FolderWatcher(folder: folder ?? place.folder.inbox, pause: poll.pause, report: told.tell) {
            path throws(InotifyFault) in
            if let limit { throw InotifyFault(making: SystemFault(limit)) }
            return try Inotify(folder: path)
        }
    }

    @Test
    func theKernelTellsOfEachFileWithoutAPoll() async throws {
        let told = Told()
        try await watch(watcher(told: told)) { looks in
            await looks.next()
            for name in ["a.csv", "b.csv", "c.csv"] {
                try place.drop(name)
                #expect(await looks.next() != nil)
            }
        }
        #expect(told.all.isEmpty)
    }

    @Test
    func withoutTheKernelThePollFindsOutAndSaysSoOnce() async throws {
        let told = Told()
        try await watch(watcher(told: told, limit: EMFILE)) { looks in
            for _ in 1...4 {
                #expect(await looks.next() != nil)
                poll.release()
            }
        }
        #expect(told.all.count == 1)
        #expect(told.all.first?.contains("max_user_instances") == true)
    }

    @Test
    func aFolderThatCannotBeWatchedIsPolledForAndToldOnce() async throws {
        let told = Told()
        let loop = place.path + "/loop"
        symlink(loop, loop)
        try await watch(watcher(of: loop, told: told)) { looks in
            for _ in 1...4 {
                #expect(await looks.next() != nil)
                poll.release()
            }
        }
        #expect(told.all.count == 1)
    }

    @Test
    func aMissingFolderIsPolledForInSilenceAndFollowedWhenItIsThere() async throws {
        let told = Told()
        let later = place.path + "/later"
        try await watch(watcher(of: later, told: told)) { looks in
            await looks.next()
            poll.release()
            await looks.next()
            mkdir(later, 0o700)
            poll.release()
            await looks.next()
            try place.drop("a.csv", into: "later")
            #expect(await looks.next() != nil)
        }
        #expect(told.all.isEmpty)
    }

    @Test
    func aDeletedFolderIsFoundAgainByThePoll() async throws {
        try await watch(watcher()) { looks in
            await looks.next()
            rmdir(place.folder.inbox)
            #expect(await looks.next() != nil)
            try place.folder.prepare()
            poll.release()
            #expect(await looks.next() != nil)
            try place.drop("a.csv")
            #expect(await looks.next() != nil)
        }
    }

    @Test
    func looksEndWhenTheTaskIsCancelled() async throws {
        let watcher = watcher()
        let task = Task { await watcher.run() }
        var looks = watcher.looks.makeAsyncIterator()
        await looks.next()
        task.cancel()
        while await looks.next() != nil {}
        await task.value
    }
}
