import Basics
import TestSupport
import Testing

@testable import RecordStore

@Suite("What nodes have together that share their folders", .onPostgreSQL)
struct SharedFoldersTests {
    private static let file = ClaimedFile(path: "/in/working/day.csv", job: "night", name: "day.csv", claimedAt: 1)
    private static let night = "0 22 * * * UTC"

    private static func nodes() throws -> NodesFixture {
        try NodesFixture().sharing()
    }

    @Test("A node that shares its folders is refused beside one that does not; when all have ended it may")
    func settings() async throws {
        let alone = try NodesFixture()
        let a = try await alone.open("a")
        let nodes = alone.sharing()
        let error = await #expect(throws: StoreError.self) { try await nodes.open("b") }
        #expect(error?.code == .settings && error?.message.contains("shared_folders") == true)
        try await a.close()
        let b = try await nodes.open("b")
        try await nodes.close(b)
    }

    @Test("Of all nodes that see a file one has it, until it is forgotten")
    func oneHolder() async throws {
        let nodes = try Self.nodes()
        let (a, b) = (try await nodes.open("a"), try await nodes.open("b"))
        let holders = try await withThrowingTaskGroup { group in
            for turn in 0..<20 { group.addTask { try await (turn % 2 == 0 ? a : b).hold(Self.file) } }
            return try await group.reduce(into: 0) { $0 += $1 ? 1 : 0 }
        }
        #expect(holders == 1)
        let (one, other) = (
            try await a.claimedFile(at: Self.file.path), try await b.claimedFile(at: Self.file.path)
        )
        #expect(Set([one?.isElsewhere, other?.isElsewhere]) == [true, false])
        for store in [a, b] { try await store.forgetClaimedFile(at: Self.file.path) }
        #expect(try await b.hold(Self.file))
        // What another has is not to be forgotten by this one.
        try await a.forgetClaimedFile(at: Self.file.path)
        #expect(try await a.claimedFiles(of: "night").map(\.isElsewhere) == [true])
        try await nodes.close(a, b)
    }

    @Test("What a node had not finished is another's when its lease has ended and its calls are in doubt")
    func takenOver() async throws {
        let nodes = try Self.nodes()
        let (a, b) = (try await nodes.open("a"), try await nodes.open("b"))
        let running = try await a.runningBatch(count: 3)
        let over = try await a.runningBatch(count: 1, content: 3)
        #expect(try await a.moveBatch(over.id, from: [.running], to: .cancelled, reason: nil))
        let records = try await a.claim(running, 1).records
        #expect(try await a.hold(Self.file))
        #expect(try await b.takeOverFromEndedNodes() == TakenOver())
        try nodes.silence(a)
        // A call of it is under way, as far as is known.
        #expect(try await b.takeOverFromEndedNodes() == TakenOver())
        try b.beatNow()
        let taken = try await b.takeOverFromEndedNodes()
        #expect(taken.nodes == ["a"] && taken.batches == [running.id, over.id] && taken.jobs == ["night"])
        #expect(try await b.takeOverFromEndedNodes().isEmpty)
        #expect(try await b.pendingBatches().map(\.id) == [running.id, over.id])
        #expect(try await a.pendingBatches().isEmpty)
        #expect(try await b.claimedFile(at: Self.file.path)?.isElsewhere == false)
        // The first one comes back: what it had is the other's, and the answer that it has is taken.
        try nodes.run("UPDATE rollcall.nodes SET lease_until_us = 9000000000000000")
        #expect(try await a.takeOverFromEndedNodes().isEmpty)
        let error = await #expect(throws: StoreError.self) { try await a.claim(running, 1) }
        #expect(error?.code == .takenUp)
        #expect(try await a.finish(records.map(\.succeeded)) == 1)
        #expect(try await b.claim(running, 5).records.count == 2)
        try await nodes.close(a, b)
    }

    @Test("A file that is being taken in is gone on with by one node: the other adds no line, and makes no batch of it")
    func takenOverWhileReading() async throws {
        let nodes = try Self.nodes()
        let (a, b) = (try await nodes.open("a"), try await nodes.open("b"))
        let new = NewBatch(
            job: "night", fileName: "day.csv", contentDigest: [UInt8](repeating: 7, count: 32), format: .csv,
            layout: [1], provenance: StoreFolder.provenance)
        #expect(try await a.hold(Self.file))
        let batch = try await a.createBatch(new, claimedFile: Self.file)
        // One that a command reads from wherever it lies stays that command's.
        let byHand = try await a.makeBatch(8)
        try await a.take([SampleRow(2), SampleRow(3)], into: batch)
        #expect(try await a.hold(ClaimedFile(path: "/in/working/b.csv", job: "night", name: "b.csv", claimedAt: 1)))
        try nodes.silence(a)
        #expect(try await b.takeOverFromEndedNodes().batches == [batch.id])
        let read = await #expect(throws: StoreError.self) { try await a.take([SampleRow(4)], into: batch) }
        #expect(read?.code == .takenUp)
        let other = NewBatch(
            job: "night", fileName: "b.csv", contentDigest: [UInt8](repeating: 9, count: 32), format: .csv,
            layout: [1], provenance: StoreFolder.provenance)
        let second = ClaimedFile(path: "/in/working/b.csv", job: "night", name: "b.csv", claimedAt: 1)
        let made = await #expect(throws: StoreError.self) { try await a.createBatch(other, claimedFile: second) }
        #expect(made?.code == .takenUp)
        try await b.take([SampleRow(4)], into: batch)
        try await b.finishIngest(batch.id, state: .running)
        #expect(try await b.progress(batch.id).total == 3)
        #expect(try await b.pendingBatches().map(\.id) == [batch.id])
        #expect(try await b.batches().map(\.id) == [batch.id, byHand.id])
        try await nodes.close(a, b)
    }

    @Test("A due time is one node's, another's when its lease has ended, and never done again once it is finished")
    func dueTimes() async throws {
        let nodes = try Self.nodes()
        let (a, b) = (try await nodes.open("a"), try await nodes.open("b"))
        func take(_ due: WallTime, _ store: RecordStore, open: Bool = true) async throws -> Bool {
            try await store.takeDue(due, ofSchedule: "night", times: Self.night, stayingOpen: open)
        }
        let takers = try await withThrowingTaskGroup { group in
            for turn in 0..<20 {
                group.addTask {
                    try await (turn % 2 == 0 ? a : b).takeDue(
                        1_000, ofSchedule: "night", times: Self.night, stayingOpen: true)
                }
            }
            return try await group.reduce(into: 0) { $0 += $1 ? 1 : 0 }
        }
        #expect(takers == 1)
        let isOfA = try await !a.openDues(ofSchedule: "night").isEmpty
        let (holder, other) = isOfA ? (a, b) : (b, a)
        #expect(try await other.openDues(ofSchedule: "night").isEmpty)
        #expect(try await other.lastDue(ofSchedule: "night", times: Self.night) == 1_000)
        #expect(try await other.isAnotherNode(atDueOf: "night", before: 2_000))
        try nodes.silence(holder)
        #expect(try await !other.isAnotherNode(atDueOf: "night", before: 2_000))
        #expect(try await other.openDues(ofSchedule: "night") == [1_000])
        // The one that had it finishes nothing by coming back.
        try await holder.finishDues(ofSchedule: "night")
        #expect(try await other.openDues(ofSchedule: "night") == [1_000])
        try await other.finishDues(ofSchedule: "night")
        #expect(try await other.openDues(ofSchedule: "night").isEmpty)
        #expect(try await !take(1_000, holder))
        #expect(try await !take(500, other))
        #expect(try await take(2_000, other, open: false))
        #expect(try await other.openDues(ofSchedule: "night").isEmpty)
        #expect(try nodes.run("SELECT due FROM rollcall.schedule_runs") == ["2000"])
        try await nodes.close(a, b)
    }

    @Test("A schedule is all nodes'; what is due is forgotten with its job, unless another node is at it")
    func schedules() async throws {
        let nodes = try Self.nodes()
        let (a, b) = (try await nodes.open("a"), try await nodes.open("b"))
        try await a.saveLastDue(5, ofSchedule: "night", times: Self.night)
        #expect(try await b.lastDue(ofSchedule: "night", times: Self.night) == 5)
        #expect(try await b.lastDue(ofSchedule: "night", times: "@daily UTC") == nil)
        #expect(try await b.takeDue(7, ofSchedule: "night", times: Self.night, stayingOpen: true))
        try await a.forgetSchedules(except: [])
        #expect(try await a.lastDue(ofSchedule: "night", times: Self.night) == 7)
        // A clock that was wrong.
        try await b.finishDues(ofSchedule: "night")
        try await a.saveLastDue(6, ofSchedule: "night", times: Self.night)
        #expect(try await b.lastDue(ofSchedule: "night", times: Self.night) == 6)
        try await b.forgetSchedules(except: [])
        #expect(try await a.lastDue(ofSchedule: "night", times: Self.night) == nil)
        try await nodes.close(a, b)
    }

    @Test("What a retired node had goes to the one that is named, with its files and due times")
    func retired() async throws {
        let nodes = try Self.nodes()
        let (a, b) = (try await nodes.open("a"), try await nodes.open("b"))
        #expect(try await a.hold(Self.file))
        let batch = try await a.makeBatch(4)
        try nodes.run("UPDATE rollcall.claimed_files SET batch_id = \(batch.id.rawValue)")
        #expect(try await a.takeDue(7, ofSchedule: "night", times: Self.night, stayingOpen: true))
        try nodes.silence(a)
        let retired = try await b.retire("a", givingBatchesTo: "b", noting: Action.sample(.retireNode))
        #expect(retired.moved.map(\.id) == [batch.id] && retired.cancelled.isEmpty)
        #expect(try await b.claimedFiles(of: "night").map(\.isElsewhere) == [false])
        #expect(try await b.openDues(ofSchedule: "night") == [7])
        try await nodes.close(a, b)
    }

    @Test("Files of a node that lives are that node's to erase, those of one that has ended anybody's; all are reached")
    func homes() async throws {
        let nodes = try Self.nodes()
        let (a, b) = (try await nodes.open("a"), try await nodes.open("b"))
        let batch = try await a.runningBatch(count: 1)
        let alive = try #require(try await b.homes()[batch.id])
        #expect(alive.isElsewhere && alive.keepsFilesElsewhere && alive.hasFilesHere)
        try nodes.silence(a)
        let ended = try #require(try await b.homes()[batch.id])
        #expect(ended.isElsewhere && !ended.keepsFilesElsewhere && ended.hasFilesHere)
        try await nodes.close(a, b)
    }
}
