import Basics
import TestSupport
import Testing

/// What sleepers saw, in the order in which they woke.
private final class EventLog: Sendable {
    private let lines = Lock<[String]>([])

    var entries: [String] { lines.withLock { $0 } }

    func note(_ line: String) { lines.withLock { $0.append(line) } }
}

@Suite(.timeLimit(.minutes(15))) struct HeldClockTests {
    private let clock = HeldClock(at: 1_000_000)

    @Test func timeStandsStillUntilItIsMovedOn() async {
        #expect(clock.monotonic == 0 && clock.now == 1_000_000)
        await clock.advance(by: .milliseconds(1500))
        #expect(clock.monotonic == 1_500_000_000 && clock.now == 1_001_500)
        await clock.advance(to: 3)
        #expect(clock.monotonic == 1_500_000_000)
    }

    @Test func sleepersWakeInTheOrderOfTheirDeadlinesAndSeeThatTime() async throws {
        let diary = EventLog()
        try await withThrowingDiscardingTaskGroup { group in
            for deadline: MonotonicTime in [30, 10, 20] {
                group.addTask {
                    await clock.sleep(until: deadline)
                    diary.note("\(deadline.nanoseconds) at \(clock.monotonic.nanoseconds)")
                }
            }
            await clock.untilSleepers(count: 3)
            #expect(clock.deadlines == [10, 20, 30])
            #expect(diary.entries.isEmpty)
            for (count, deadline) in [MonotonicTime(nanoseconds: 10), 20].enumerated() {
                clock.jump(to: deadline)
                try await waitUntil { diary.entries.count > count }
            }
            #expect(diary.entries == ["10 at 10", "20 at 20"])
            clock.jump(to: 99)
        }
        #expect(diary.entries.last == "30 at 99")
    }

    @Test func aSleepInThePastReturnsAtOnce() async {
        clock.jump(to: 50)
        await clock.sleep(until: 50)
        await clock.sleep(until: -1)
        #expect(clock.deadlines.isEmpty)
    }

    @Test func aCancelledSleepEnds() async {
        let sleeper = Task { await clock.sleep(until: 100) }
        await clock.untilSomeoneSleeps(until: 100)
        sleeper.cancel()
        await sleeper.value
        #expect(clock.deadlines.isEmpty && clock.monotonic == 0)
        let late = Task {
            while !Task.isCancelled { await Task.yield() }
            await clock.sleep(until: 100)
        }
        late.cancel()
        await late.value
        #expect(clock.deadlines.isEmpty)
    }

    @Test func theWallClockCanBeSetWithoutTimePassing() async {
        await clock.advance(by: .seconds(1))
        clock.setWall(to: 5)
        #expect(clock.now == 5 && clock.monotonic == 1_000_000_000)
        await clock.advance(by: .seconds(1))
        #expect(clock.now == 1005)
    }

    @Test func aMonthOfHourlySleepsPassesByItself() async throws {
        let hours = try await clock.whileTimePasses { [clock] in
            var hours = 0
            while hours < 720 {
                hours += 1
                await clock.sleep(until: Int64(hours) * 3_600_000_000_000)
            }
            return hours
        }
        #expect(hours == 720)
        #expect(clock.now == WallTime(milliseconds: 1_000_000 + 30 * 86_400_000))
    }

    /// Work on threads of its own, and in actors and child tasks, takes none of the clock's time.
    @Test func timePassesOnlyWhileAllOfItsWorldWaits() async throws {
        let times = try await clock.whileTimePasses { [clock] in
            try await withThrowingTaskGroup(of: [Int64].self) { group in
                // It would let time pass at every step of the others.
                group.addTask {
                    for tick in 1...2_000 { await clock.sleep(until: MonotonicTime(nanoseconds: Int64(tick))) }
                    return []
                }
                for start: Int64 in 0..<20 {
                    group.addTask {
                        await clock.sleep(until: start * 100)
                        for _ in 0..<10 { await BlockingWork.run { _ = (0..<1_000).reduce(0, &+) } }
                        await withDiscardingTaskGroup { for _ in 0..<10 { $0.addTask { await Task.yield() } } }
                        return [clock.monotonic.nanoseconds]
                    }
                }
                return try await group.reduce(into: []) { $0 += $1 }
            }
        }
        #expect(times.sorted() == (0..<20).map { $0 * 100 })
    }

    @Test func aConditionThatNeverComesTrueIsWaitedForUntilTheTestIsOver() async {
        let waiting = Task { try await waitUntil { false } }
        waiting.cancel()
        await #expect(throws: CancellationError.self) { try await waiting.value }
    }

    @Test func whatGoesWrongMeanwhileIsThrown() async {
        struct Wrong: Error {}
        await #expect(throws: Wrong.self) { try await clock.whileTimePasses { throw Wrong() } }
    }
}
