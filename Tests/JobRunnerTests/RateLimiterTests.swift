import Basics
import TestSupport
import Testing

@testable import JobRunner

/// Takes permits from a limiter in simulated time and remembers when.
private struct Taker {
    var limiter: RateLimiter
    var now: MonotonicTime = 0
    var taken: [MonotonicTime] = []

    /// Asks at `now` and says how many there were.
    mutating func ask(for count: Int) -> Int {
        let granted = limiter.take(upTo: count, at: now)
        taken += [MonotonicTime](repeating: now, count: granted)
        return granted
    }

    /// The most permits in any window of one second, its end not included.
    var mostInASecond: Int {
        var first = 0
        var most = 0
        for (index, time) in taken.enumerated() {
            while taken[first] + .seconds(1) <= time { first += 1 }
            most = max(most, index - first + 1)
        }
        return most
    }
}

private let second: MonotonicTime = 1_000_000_000
private let millisecond: MonotonicTime = 1_000_000

@Suite struct RateLimiterTests {
    /// Rates and bursts, each with the lateness of a caller's timer and of its commits, in milliseconds.
    static let callers: [(rate: Double, burst: Int, lateness: Double)] = [
        (200, 1, 0), (200, 1, 0.3), (200, 1, 4), (200, 1, 20), (200, 1, 30), (200, 5, 3), (1500, 1, 7), (20, 1, 12),
        (333, 3, 45), (3000, 10, 1),
    ]

    @Test(arguments: callers)
    func tenSecondsGiveTheRateWithinOnePercentAndNoSecondMoreThanRateAndBurst(
        caller: (rate: Double, burst: Int, lateness: Double)
    ) {
        var random = SeededRandom(seed: 7)
        var taker = Taker(limiter: RateLimiter(rate: caller.rate, burst: caller.burst))
        while taker.now < 10 * second {
            if taker.ask(for: 32) == 0 { taker.now = taker.limiter.nextPermit(at: taker.now) }
            taker.now = taker.now + Int64(Double.random(in: 0...caller.lateness, using: &random) * 1e6)
        }
        let expected = caller.rate * 10
        #expect(abs(Double(taker.taken.filter { $0 < 10 * second }.count) - expected) <= expected * 0.01 + 1)
        #expect(taker.mostInASecond <= Int(caller.rate) + caller.burst)
    }

    @Test func longStallsAreNotMadeUpForBeyondTheBound() {
        var random = SeededRandom(seed: 3)
        var taker = Taker(limiter: RateLimiter(rate: 200, burst: 1))
        while taker.now < 20 * second {
            if taker.ask(for: 1000) == 0 { taker.now = taker.limiter.nextPermit(at: taker.now) }
            taker.now = taker.now + Int64.random(in: 0...900_000_000, using: &random)
        }
        #expect(taker.mostInASecond <= 201)
        #expect(taker.taken.count <= 4001)
    }

    @Test(arguments: [1, 4])
    func aPauseGivesTheBurstAndNoMore(burst: Int) {
        var taker = Taker(limiter: RateLimiter(rate: 100, burst: burst))
        #expect(taker.ask(for: 1) == 1)
        taker.now = 30 * second
        #expect(taker.ask(for: 50) == burst)
    }

    @Test func permitsAreSpacedEvenlyForAPunctualCaller() {
        var taker = Taker(limiter: RateLimiter(rate: 100, burst: 1))
        for _ in 0..<20 {
            #expect(taker.ask(for: 8) == 1)
            taker.now = taker.limiter.nextPermit(at: taker.now)
        }
        #expect(taker.taken == (0..<20).map { Int64($0) * 10 * millisecond })
    }

    @Test func closingHoldsForExactlyThatLongAndLeavesNothingToCatchUp() {
        var taker = Taker(limiter: RateLimiter(rate: 100, burst: 1))
        #expect(taker.ask(for: 9) == 1)
        taker.limiter.close(until: 3 * second)
        taker.now = 3 * second - 1
        #expect(taker.ask(for: 9) == 0)
        #expect(taker.limiter.nextPermit(at: taker.now) == 3 * second)
        taker.now = 3 * second
        #expect(taker.ask(for: 9) == 1)
    }

    @Test func aShorterWaitDoesNotShortenALongerOne() {
        var limiter = RateLimiter(rate: 100, burst: 1)
        limiter.close(until: 9 * second)
        limiter.close(until: 2 * second)
        #expect(limiter.take(upTo: 1, at: 8 * second) == 0)
        #expect(limiter.take(upTo: 1, at: 9 * second) == 1)
    }

    @Test func permitsGivenBackCanBeTakenAgain() {
        var limiter = RateLimiter(rate: 10, burst: 3)
        #expect(limiter.take(upTo: 3, at: 0) == 3)
        limiter.giveBack(2, takenAt: 0)
        #expect(limiter.take(upTo: 3, at: 0) == 2)
    }

    @Test func permitsCountFromTheMomentTheyAreUsed() {
        var limiter = RateLimiter(rate: 10, burst: 10)
        #expect(limiter.take(upTo: 20, at: 0) == 10)
        limiter.use(10, takenAt: 0, at: 900 * millisecond)
        // By 1.8 s eighteen would be due; the second before holds the ten used late.
        #expect(limiter.take(upTo: 20, at: 1_800 * millisecond) == 10)
        #expect(limiter.take(upTo: 20, at: 1_899 * millisecond) == 0)
    }

    /// As on a disk that is busy with something else: others are committed meanwhile.
    @Test(arguments: [(2.0, 1), (0.5, 1), (50, 4), (7.5, 20)])
    func noSecondHoldsMoreThanRateAndBurstHoweverLongCommitsTake(rate: Double, burst: Int) {
        var random = SeededRandom(seed: 48)
        var taker = Taker(limiter: RateLimiter(rate: rate, burst: burst))
        var committing: [(count: Int, takenAt: MonotonicTime, until: MonotonicTime)] = []
        for _ in 0..<4_000 {
            taker.now = taker.now + Int64(random.next(in: 1...300_000_000))
            for (count, takenAt, _) in committing.filter({ $0.until <= taker.now }) {
                taker.limiter.use(count, takenAt: takenAt, at: taker.now)
                taker.taken += [MonotonicTime](repeating: taker.now, count: count)
            }
            committing.removeAll { $0.until <= taker.now }
            let granted = taker.limiter.available(upTo: 3, at: taker.now)
            taker.limiter.take(granted, at: taker.now, isShort: granted < 3)
            guard granted > 0 else { continue }
            committing.append((granted, taker.now, taker.now + Int64(random.next(in: 0...3) * 1_000_000_000)))
        }
        #expect(taker.mostInASecond <= Int(rate + Double(burst)))
        #expect(taker.taken.count > 100)
    }

    @Test func aLowerShareSpacesPermitsWider() {
        var limiter = RateLimiter(rate: 100, burst: 1)
        limiter.share = 0.5
        #expect(limiter.take(upTo: 1, at: 0) == 1)
        #expect(limiter.nextPermit(at: 0) == 20 * millisecond)
    }

    @Test func itGoesOnWhereAnEarlierRunStopped() {
        var limiter = RateLimiter(rate: 1, burst: 1)
        limiter.resume(nextDue: 5 * second, closedUntil: 7 * second)
        #expect(limiter.nextPermit(at: 0) == 7 * second)
        #expect(limiter.take(upTo: 1, at: 6 * second) == 0)
        #expect(limiter.take(upTo: 1, at: 7 * second) == 1)
    }

    @Test(arguments: [0, -5, .infinity, 1e300])
    func nonsensicalRatesDoNotTrap(rate: Double) {
        var limiter = RateLimiter(rate: rate, burst: -1)
        #expect(limiter.take(upTo: 1, at: 0) == 1)
        #expect(limiter.nextPermit(at: 0) > 0)
    }

    @Test(arguments: [0.25, 0.5, 1, 2.5])
    func slowRatesKeepTheirPace(rate: Double) {
        var taker = Taker(limiter: RateLimiter(rate: rate, burst: 1))
        while taker.now < 100 * second {
            if taker.ask(for: 4) == 0 { taker.now = taker.limiter.nextPermit(at: taker.now) }
        }
        #expect(abs(Double(taker.taken.count) - 100 * rate) <= 1)
    }

    @Test(arguments: [(100.0, 1000.0, 1, 1), (100, 10, 1, 1), (1000, 1, 20, 1), (10, 1000, 1, 20)])
    func atAnotherRateWhatWasTakenInAdvanceStaysTaken(before: Double, after: Double, burst: Int, taken: Int) {
        var limiter = RateLimiter(rate: before, burst: 20)
        #expect(limiter.take(upTo: taken, at: 0) == taken)
        limiter.reconfigure(rate: after, burst: burst, at: 0)
        // All that was taken, and no more, has to be waited for at the new rate; a burst shortens it.
        let due = Double(taken - burst + 1) * 1e9 / after
        #expect(abs(Double(limiter.nextPermit(at: 0).nanoseconds) - max(0, due)) <= 20)
    }

    @Test func anotherRateDoesNotShortenAWaitOnRetryAfter() {
        var limiter = RateLimiter(rate: 1, burst: 1)
        #expect(limiter.take(upTo: 1, at: 0) == 1)
        limiter.close(until: 9 * second)
        limiter.reconfigure(rate: 1000, burst: 10, at: second)
        #expect(limiter.nextPermit(at: second) == 9 * second)
        #expect(limiter.take(upTo: 5, at: 9 * second - 1) == 0)
    }

    @Test(arguments: [0.0, -1, .nan, .infinity, 1e-300])
    func aSenselessNewRateDoesNotTrap(rate: Double) {
        var limiter = RateLimiter(rate: 5, burst: 1)
        #expect(limiter.take(upTo: 1, at: 0) == 1)
        limiter.reconfigure(rate: rate, burst: .max, at: 0)
        #expect(limiter.nextPermit(at: 0) >= 0)
    }
}
