import Basics
import TestSupport

@testable import JobRunner
@testable import RecordStore

/// The API as the runner meets it, and the witness of every call: it knows what left, what was billed, and whether the
/// call should have been made at all.
final class SimulatedAPI: Sendable {
    struct State: Sendable {
        var random: SeededRandom
        var records: [RecordID: RecordHistory] = [:]
        /// When calls began in the last second.
        var begun: [MonotonicTime] = []
        /// Calls under way, by the process that makes them.
        var underWay: [Int: Int] = [:]
        /// Calls that left, by the day they count on, those billed in each month (`yyyymm`), and those of each batch.
        var leftOfDay: [CallDay: Int] = [:]
        var billedOfMonth: [Int64: Int] = [:]
        var leftOfBatch: [BatchID: Int] = [:]
        /// How often the policy had records of a batch sent again that may have been billed.
        var repeatedOfBatch: [BatchID: Int] = [:]
        /// Until when each process has been told to wait, and since when.
        var waits: [Int: (end: MonotonicTime, toldAt: MonotonicTime)] = [:]
        /// The processes that have read an answer.
        var hasRead: Set<Int> = []
        var answers = 0
        var calls = 0
    }

    let world: World
    let state: Lock<State>

    init(_ world: World) {
        self.world = world
        state = Lock(State(random: SeededRandom(seed: world.plan.seed ^ 0xA11)))
    }

    /// How many calls were made, whether or not they arrived.
    var calls: Int { state.withLock { $0.calls } }

    /// Takes a call of a process, and ends it after a while.
    func answer(_ record: RecordID, from process: SimulatedProcess) async -> Reply {
        guard !process.isDead else { return .gone }
        let now = world.clock.instant
        let meeting = state.withLock { state in
            let meeting = state.meeting(record, at: now.monotonic, in: world.plan)
            state.calls += 1
            state.expectAllowed(record, meeting, from: process, at: now, in: world)
            state.underWay[process.number, default: 0] += 1
            state.count(meeting, of: record, in: world)
            return meeting
        }
        world.findings.note(now.monotonic.nanoseconds ^ record.rawValue)
        await world.clock.sleep(for: meeting.duration)
        return state.withLock { state in
            state.underWay[process.number, default: 0] -= 1
            guard !Task.isCancelled, !process.isDead else {
                state.records[record, default: RecordHistory()].last = meeting.leaves ? .lost : .refused
                return Reply(.failed(kind: .cancelled, mayHaveLeft: meeting.leaves))
            }
            return state.reply(meeting, to: record, process.number, at: world.clock.monotonic)
        }
    }

    /// The process died before it could write how these records' calls ended.
    func forgetEnds(of records: [RecordID]) {
        state.withLock { state in
            for record in records where state.records[record] != nil { state.records[record]?.last = .lost }
        }
    }

    /// An operator has had records queued again.
    func allowAgain(_ records: [RecordID]) {
        state.withLock { state in
            for record in records { state.records[record]?.last = .refused }
        }
    }
}

/// What the witness knows of a record's calls.
struct RecordHistory: Sendable {
    /// How the last call ended, as the runner was told.
    enum End: Sendable {
        /// Nothing is owed for it: it never left, or was refused.
        case refused
        case answered
        /// Billed, and of no use: not to be sent again by any policy.
        case unusable
        /// Nobody was told how it ended.
        case lost
    }

    var last: End?
    /// Calls that left.
    var left = 0
    /// Calls that were answered with 200.
    var billed = 0
    /// Whether an answer was delivered that is the record's own.
    var isAnswered = false
}

/// What one call meets.
struct Meeting: Sendable {
    enum Kind: Sendable {
        case answer
        case foreign
        case replay
        case rejection
        case status(Int, withEnvelope: Bool, retryAfter: Int?)
        case unreachable
        case broken
    }

    let kind: Kind
    let duration: Duration

    var leaves: Bool {
        if case .unreachable = kind { false } else { true }
    }

    var isBilled: Bool {
        switch kind {
        case .answer, .foreign, .replay: true
        case .rejection, .status, .unreachable, .broken: false
        }
    }
}

extension SimulatedAPI.State {
    /// What a call meets: what is wrong with its record, the weather, or a chance mishap.
    mutating func meeting(_ record: RecordID, at now: MonotonicTime, in plan: NightPlan) -> Meeting {
        let passed = Duration.nanoseconds(now.nanoseconds)
        let weather = plan.weather.last { $0.from <= passed }
        let isMorning = passed >= plan.morning
        var duration = Duration.milliseconds(Int64(random.next(in: 20...300)))
        if let kind = Self.nature(of: record, plan.seed) { return Meeting(kind: kind, duration: duration) }
        let chance = random.next(in: 0...999)
        guard !isMorning else { return Meeting(kind: .answer, duration: duration) }
        if let weather, chance < weather.share * 10 {
            if weather.kind == .slow { duration *= 20 }
            return Meeting(kind: Self.kind(weather), duration: duration)
        }
        switch random.next(in: 0...299) {
        case 0: return Meeting(kind: .broken, duration: .seconds(30))
        case 1: return Meeting(kind: .status(500, withEnvelope: true, retryAfter: nil), duration: duration)
        case 2: return Meeting(kind: .unreachable, duration: .milliseconds(1))
        case 3: return Meeting(kind: .status(429, withEnvelope: false, retryAfter: 0), duration: duration)
        default: return Meeting(kind: .answer, duration: duration)
        }
    }

    /// A few records are answered in one way whenever they are sent.
    private static func nature(of record: RecordID, _ seed: UInt64) -> Meeting.Kind? {
        var random = SeededRandom(seed: UInt64(bitPattern: record.rawValue) ^ seed)
        switch random.next(in: 0...299) {
        case 0...5: return .rejection
        case 6: return .status(429, withEnvelope: false, retryAfter: nil)
        case 7: return .status(500, withEnvelope: true, retryAfter: nil)
        case 8: return .status(403, withEnvelope: false, retryAfter: nil)
        case 9: return .status(413, withEnvelope: false, retryAfter: nil)
        case 10: return .status(503, withEnvelope: true, retryAfter: 2)
        default: return nil
        }
    }

    private static func kind(_ weather: Weather) -> Meeting.Kind {
        switch weather.kind {
        case .fine, .slow: .answer
        case .unreachable: .unreachable
        case .breaking: .broken
        case .throttled: .status(429, withEnvelope: false, retryAfter: weather.retryAfter)
        case .unavailable: .status(503, withEnvelope: false, retryAfter: weather.retryAfter)
        case .failing: .status(500, withEnvelope: true, retryAfter: weather.retryAfter)
        case .proxy: .status(502, withEnvelope: false, retryAfter: nil)
        case .unauthorised: .status(401, withEnvelope: true, retryAfter: nil)
        case .foreignKey: .foreign
        case .replayed: .replay
        case .rejecting: .rejection
        }
    }

    mutating func count(_ meeting: Meeting, of record: RecordID, in world: World) {
        guard meeting.leaves else { return }
        records[record, default: RecordHistory()].left += 1
        if meeting.isBilled { records[record]?.billed += 1 }
        leftOfBatch[record.batch, default: 0] += 1
        guard let day = world.store.openDay(of: record) else { return }
        leftOfDay[day, default: 0] += 1
        if meeting.isBilled { billedOfMonth[day.rawValue / 100, default: 0] += 1 }
    }

    /// The reply as the runner gets it; from here on it is held to what it was told.
    mutating func reply(
        _ meeting: Meeting, to record: RecordID, _ process: Int, at now: MonotonicTime
    ) -> Reply {
        answers += 1
        let id = "answer-\(answers)"
        func end(
            _ end: RecordHistory.End, _ facts: Reply.Facts, id: String? = nil, under header: String? = nil
        ) -> Reply {
            records[record, default: RecordHistory()].last = end
            return Reply(facts, correlationID: header, requestRefID: id, duration: meeting.duration)
        }
        switch meeting.kind {
        case .answer:
            hasRead.insert(process)
            records[record, default: RecordHistory()].isAnswered = true
            return end(.answered, .answered(status: 200, body: .answer(.init([])), retryAfter: nil), id: id, under: id)
        case .foreign:
            return end(.unusable, .answered(status: 200, body: .undecipherable([0]), retryAfter: nil))
        case .replay:
            hasRead.insert(process)
            let body = Reply.Body.answer(.init([]))
            return end(.unusable, .answered(status: 200, body: body, retryAfter: nil), id: id, under: "another")
        case .rejection:
            hasRead.insert(process)
            let body = Reply.Body.errors(recoverable: false, mentionsEncryption: false)
            return end(.refused, .answered(status: 400, body: body, retryAfter: nil))
        case .status(let status, let withEnvelope, let seconds):
            if withEnvelope { hasRead.insert(process) }
            if let seconds, seconds <= TrafficState.longestWait.components.seconds {
                let end = now + .seconds(Int64(seconds))
                if end > waits[process]?.end ?? .distantPast { waits[process] = (end, toldAt: now) }
            }
            let body = withEnvelope ? Reply.Body.errors(recoverable: true, mentionsEncryption: false) : .other
            let wait = seconds.map { RetryAfter.seconds($0) }
            return end(
                status == 502 ? .lost : .refused, .answered(status: status, body: body, retryAfter: wait))
        case .unreachable: return end(.refused, .failed(kind: .couldNotConnect, mayHaveLeft: false))
        case .broken: return end(.lost, .failed(kind: .reset, mayHaveLeft: true))
        }
    }
}

extension Reply {
    /// To a process that is dead: nothing left it.
    fileprivate static let gone = Reply(.failed(kind: .cancelled, mayHaveLeft: false))
}
