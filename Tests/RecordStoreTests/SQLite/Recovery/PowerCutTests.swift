import Basics
import Foundation
import TestSupport
import Testing

@testable import RecordStore

/// What a power cut would take away: nothing that an operation has promised when it returns. SQLite synchronizes its own
/// file; these are the files beside it.
@Suite struct PowerCutTests {
    /// What is done in a folder that has a database with a finished batch of November and one of December.
    enum Operation: String, CaseIterable {
        case open
        case claim
        case backUp
        case restore
        case rotate
        case destroy
    }

    private static func perform(_ operation: Operation, _ folder: StoreFolder) async throws {
        if operation == .rotate {
            _ = try await folder.description().rotateSealingKey(to: nil)
            return
        }
        if operation == .restore {
            _ = try await folder.restore()
            return
        }
        let store = try await folder.open()
        switch operation {
        case .open, .restore, .rotate: break
        case .claim:
            let batch = try await store.runningBatch(count: 3, content: 9)
            _ = try await store.claim(batch, 2)
        case .backUp: try await store.backUp(to: folder.path + "/second.sqlite")
        case .destroy:
            _ = try await store.destroyPeriod(CalendarMonth(at: Noon.november), at: Noon.december)
        }
        try await store.close()
    }

    @Test("Whatever was written is synchronized when an operation returns", arguments: Operation.allCases)
    func nothingIsLost(operation: Operation) async throws {
        let folder = try StoreFolder()
        let store = try await folder.open()
        _ = try await store.completedBatch(at: Noon.november, content: 1)
        _ = try await store.completedBatch(at: Noon.december, content: 2)
        try await store.backUp(to: folder.copy)
        try await store.close()
        let order = try await FileOrder.observing(below: folder.path) { _ in
            try await Self.perform(operation, folder)
        }
        #expect(order.events.contains { if case .synchronized = $0 { true } else { false } })
        #expect(order.unsynchronized == [])
    }

    @Test("When a claim returns, mark and trace of its calls would survive: only then may they leave")
    func markBeforeCall() async throws {
        let folder = try StoreFolder()
        let store = try await folder.open()
        let batch = try await store.runningBatch(count: 3)
        _ = try await FileOrder.observing(below: folder.path) { order in
            _ = try await store.claim(batch, 1)
            // The trace is synchronized for many numbers ahead, the mark for each.
            let of: Set<FileEvent> = [.written(path: folder.mark), .synchronized(path: folder.mark)]
            let mark = order.events.filter(of.contains)
            #expect(mark.last == .synchronized(path: folder.mark))
            #expect(mark.contains(.written(path: folder.mark)))
            // Its batch is entered, numbers are reserved, and what is claimed is told after the commit, which need not
            // survive.
            let trace = order.events.filter { $0.path == folder.trace }
            let (written, synchronized) = (
                FileEvent.written(path: folder.trace), FileEvent.synchronized(path: folder.trace)
            )
            #expect(trace == [written, synchronized, written, synchronized, written])
        }
        try await store.close()
    }

    @Test("A copy of the database gets its name when all of it would survive", arguments: [Operation.backUp, .restore])
    func contentBeforeName(operation: Operation) async throws {
        let folder = try StoreFolder()
        let store = try await folder.open()
        _ = try await store.completedBatch(at: Noon.november, content: 1)
        try await store.backUp(to: folder.copy)
        try await store.close()
        let events = try await FileOrder.observing(below: folder.path) { _ in
            try await Self.perform(operation, folder)
        }.events
        let target = operation == .backUp ? folder.path + "/second.sqlite" : folder.database
        let content = events.firstIndex { $0.path.hasPrefix(target + ".part-") && $0 == .synchronized(path: $0.path) }
        let name = events.lastIndex(of: .synchronized(path: folder.path))
        #expect(try #require(content) < #require(name))
    }

    @Test("A month's key is overwritten for good before its name goes, and that stays gone")
    func destroyedKey() async throws {
        let folder = try StoreFolder()
        let store = try await folder.open()
        _ = try await store.completedBatch(at: Noon.november, content: 1)
        let periods = folder.path + "/periods"
        let events = try await FileOrder.observing(below: folder.path) { _ in
            _ = try await store.destroyPeriod(CalendarMonth(at: Noon.november), at: Noon.december)
        }.events
        let key = try #require(events.lazy.map(\.path).first { $0.hasPrefix(periods) && $0.hasSuffix(".key") })
        #expect(events.filter { $0.path == key } == [.written(path: key), .synchronized(path: key)])
        let (overwritten, removed) = (
            events.lastIndex(of: .synchronized(path: key)), events.lastIndex(of: .synchronized(path: periods))
        )
        #expect(try #require(overwritten) < #require(removed))
        #expect(!FileManager.default.fileExists(atPath: key))
        try await store.close()
    }

    @Test("A new installation's files and their names would survive")
    func newInstallation() async throws {
        let folder = try StoreFolder()
        let order = try await FileOrder.observing(below: folder.path) { _ in
            try await folder.open().close()
        }
        #expect(order.unsynchronized == [])
    }
}
