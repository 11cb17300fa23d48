import Basics
import RecordStore
import TestSupport
import Testing

@testable import Operations

@Suite("Which batches the daemon is busy with")
struct BatchSchedulerTests {
    typealias BatchSnapshot = BatchScheduler.BatchSnapshot

    private func batch(_ number: Int64) -> BatchID { BatchID(rawValue: number) }

    @Test("What runs is started once, what stands still is left alone")
    func starts() {
        var scheduler = BatchScheduler(slots: 10)
        let sightings = [
            BatchSnapshot(id: batch(1), state: .running), BatchSnapshot(id: batch(2), state: .paused),
            BatchSnapshot(id: batch(3), state: .halted), BatchSnapshot(id: batch(4), state: .awaitingConfirmation),
            BatchSnapshot(id: batch(5), state: .ingesting),
        ]
        #expect(scheduler.steps(for: sightings, mayStart: true, now: 0, monotonic: 0) == [.start(batch(1))])
        #expect(scheduler.steps(for: sightings, mayStart: true, now: 0, monotonic: 0) == [])
        scheduler.ended(batch(1))
        #expect(scheduler.steps(for: sightings, mayStart: true, now: 0, monotonic: 0) == [.start(batch(1))])
    }

    @Test(
        "A batch that someone takes out of running is stopped once",
        arguments: [BatchState.paused, .cancelled, .halted])
    func stops(state: BatchState) {
        var scheduler = BatchScheduler(slots: 10)
        _ = scheduler.steps(for: [BatchSnapshot(id: batch(1), state: .running)], mayStart: true, now: 0, monotonic: 0)
        let after = [BatchSnapshot(id: batch(1), state: state, lacksResults: state.isFinished)]
        #expect(scheduler.steps(for: after, mayStart: true, now: 0, monotonic: 0) == [.stop(batch(1))])
        #expect(scheduler.steps(for: after, mayStart: true, now: 0, monotonic: 0) == [])
        scheduler.ended(batch(1))
        #expect(
            scheduler.steps(for: after, mayStart: true, now: 0, monotonic: 0)
                == (state.isFinished ? [.conclude(batch(1))] : []))
    }

    @Test("Nothing is started while nothing may start, but results are written")
    func closed() {
        var scheduler = BatchScheduler(slots: 10)
        let sightings = [
            BatchSnapshot(id: batch(1), state: .running),
            BatchSnapshot(id: batch(2), state: .completed, lacksResults: true),
            BatchSnapshot(id: batch(3), state: .paused, resumesAt: 5),
        ]
        #expect(scheduler.steps(for: sightings, mayStart: false, now: 10, monotonic: 10) == [.conclude(batch(2))])
        #expect(!scheduler.isIdle)
        scheduler.ended(batch(2))
        #expect(scheduler.isIdle)
    }

    @Test("Slots go by priority, then by arrival, and writing results takes none")
    func slots() {
        var scheduler = BatchScheduler(slots: 2)
        let sightings = [
            BatchSnapshot(id: batch(1), state: .completed, lacksResults: true),
            BatchSnapshot(id: batch(2), state: .running),
            BatchSnapshot(id: batch(3), state: .running, priority: 9), BatchSnapshot(id: batch(4), state: .running),
        ]
        #expect(
            scheduler.steps(for: sightings, mayStart: true, now: 0, monotonic: 0)
                == [.conclude(batch(1)), .start(batch(3)), .start(batch(2))])
        scheduler.ended(batch(3))
        #expect(
            scheduler.steps(for: [sightings[1], sightings[3]], mayStart: true, now: 0, monotonic: 0) == [
                .start(batch(4))
            ])
    }

    @Test(
        "A batch that a cap paused continues when its time has come",
        arguments: [(99, false), (100, true), (101, true)])
    func resumes(now: WallTime, goesOn: Bool) {
        var scheduler = BatchScheduler(slots: 2)
        let sightings = [BatchSnapshot(id: batch(1), state: .paused, resumesAt: 100)]
        #expect(
            scheduler.steps(for: sightings, mayStart: true, now: now, monotonic: 0)
                == (goesOn ? [.resume(batch(1))] : []))
    }

    @Test("Work that failed for an outside reason is not tried again before its time")
    func leftAlone() {
        var scheduler = BatchScheduler(slots: 2)
        let sightings = [BatchSnapshot(id: batch(1), state: .completed, lacksResults: true)]
        _ = scheduler.steps(for: sightings, mayStart: true, now: 0, monotonic: 0)
        scheduler.ended(batch(1), leavingAloneUntil: 60)
        #expect(scheduler.steps(for: sightings, mayStart: true, now: 59, monotonic: 59) == [])
        #expect(scheduler.steps(for: sightings, mayStart: true, now: 60, monotonic: 60) == [.conclude(batch(1))])
    }

    @Test("Without work the pauses between two looks double up to two seconds; with work they are as short as before")
    func pace() {
        var pace = LookingPace()
        let (poll, idle) = (Duration.milliseconds(250), [250, 500, 1_000, 2_000, 2_000])
        for pause in idle { #expect(pace.pause(poll, isIdle: true) == .milliseconds(pause)) }
        #expect(pace.pause(poll, isIdle: false) == poll)
        for pause in idle { #expect(pace.pause(poll, isIdle: true) == .milliseconds(pause)) }
        #expect(pace.pause(.seconds(60), isIdle: true) == .seconds(60))
    }
}
