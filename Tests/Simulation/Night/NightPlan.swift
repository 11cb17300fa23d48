import Basics
import Foundation
import JobRunner
import Schedules
import TestSupport

/// What a night brings, drawn from its seed and nothing else: jobs and their files, how the API behaves when, what
/// operators do, and what goes wrong with the process, its disk and its clock.
struct NightPlan: Sendable {
    /// A job with its limits.
    struct Job: Sendable {
        let name: String
        let configuration: RunnerConfiguration
        let schedule: CronExpression?
        let catchUp: Bool
        let window: CallWindow?
        /// The lines of the file that each occasion brings, one after the other.
        let records: [Int]
        /// When files come by themselves, from the night's beginning.
        let arrivals: [Duration]
    }

    /// What is done to the installation.
    enum Event: Sendable {
        /// SIGKILL, and another process after a while.
        case kill(restartAfter: Duration)
        /// SIGTERM, perhaps a second one at once, and another process after a while.
        case stop(isUrgent: Bool, restartAfter: Duration)
        case pause
        case cancel
        case resume
        /// Failed records, and those in doubt that may be sent again, are queued again.
        case rerun
        case setClock(by: Duration)
        case fillDisk(for: Duration)
    }

    let seed: UInt64
    let start: WallTime
    let zone: TimeZone
    /// The limits of the endpoint, which all jobs share.
    let contract: RunnerConfiguration
    let jobs: [Job]
    let weather: [Weather]
    let events: [(at: Duration, event: Event)]
    /// When the API is well again and a person looks after whatever stands still.
    let morning: Duration

    /// Whether the wall clock is set during the night.
    var isClockSet: Bool {
        events.contains { if case .setClock = $0.event { true } else { false } }
    }
}

extension NightPlan {
    /// Draws the night of a seed.
    init(seed: UInt64) throws(ScheduleError) {
        var random = SeededRandom(seed: seed)
        self.seed = seed
        zone = Self.zone(&random)
        start = Self.evening(&random)
        let contract = Self.contract(in: zone, &random)
        self.contract = contract
        morning = .seconds(Int64(random.next(in: 6...12)) * 3_600)
        var jobs: [Job] = []
        for number in 1...random.next(in: 1...3) {
            jobs.append(try Self.job(number, under: contract, in: zone, until: morning, &random))
        }
        self.jobs = jobs
        weather = Weather.night(until: morning, &random)
        events = Self.events(until: morning, &random)
    }

    private static func zone(_ random: inout SeededRandom) -> TimeZone {
        let names = ["Europe/Berlin", "America/New_York", "Asia/Kolkata", "UTC", "Australia/Lord_Howe"]
        return TimeZone(identifier: names[random.next(in: 0...(names.count - 1))]) ?? .gmt
    }

    /// Some evening of 2026 in UTC: an ordinary one, the last of a month, or one before the clocks are set.
    private static func evening(_ random: inout SeededRandom) -> WallTime {
        let firstOf2026: Int64 = 1_767_225_600_000
        let days = [86, 87, 296, 297, 66, 304, 30, 89, 180, random.next(in: 0...364)]
        let day = Int64(days[random.next(in: 0...(days.count - 1))])
        let minute = Int64(random.next(in: 18 * 60...24 * 60))
        return WallTime(milliseconds: firstOf2026 + (day * 1_440 + minute) * 60_000)
    }

    private static func contract(in zone: TimeZone, _ random: inout SeededRandom) -> RunnerConfiguration {
        var contract = RunnerConfiguration()
        contract.rate = [0.5, 2, 7.5, 20, 50, 250][random.next(in: 0...5)]
        contract.burst = [1, 1, 1, 4, 20][random.next(in: 0...4)]
        contract.concurrency = [1, 2, 8, 32][random.next(in: 0...3)]
        contract.timeZone = zone
        contract.outage = .seconds([300, 3_600, 21_600][random.next(in: 0...2)])
        contract.probes = random.next(in: 1...3)
        if random.next(in: 0...3) == 0 { contract.dailyCalls = random.next(in: 0...120) }
        if random.next(in: 0...7) == 0 { contract.monthlyCalls = random.next(in: 0...150) }
        return contract
    }

    private static func job(
        _ number: Int, under contract: RunnerConfiguration, in zone: TimeZone, until morning: Duration,
        _ random: inout SeededRandom
    ) throws(ScheduleError) -> Job {
        var own = contract
        own.concurrency = min(contract.concurrency, [1, 4, 32][random.next(in: 0...2)])
        own.priority = [1, 1, 3, 10][random.next(in: 0...3)]
        own.attempts = random.next(in: 1...5)
        own.maxDelay = .seconds(Int64([1, 60][random.next(in: 0...1)]))
        if random.next(in: 0...3) == 0 { own.batchRate = max(0.2, contract.rate / 3) }
        if random.next(in: 0...4) == 0 { own.batchCalls = random.next(in: 0...40) }
        if random.next(in: 0...2) == 0 {
            own.inDoubt = .retry
            own.inDoubtBudget = [nil, 0, 3, 10][random.next(in: 0...3)]
        }
        if random.next(in: 0...3) == 0 { (own.mostFailed, own.failedOf) = (5, 10) }
        if random.next(in: 0...4) == 0 { own.outage = .seconds(120) }
        var window: CallWindow?
        if random.next(in: 0...3) == 0 {
            let opened = try CallWindow(["22:00-04:00", "23:30-02:30", "01:00-03:00"][random.next(in: 0...2)])
            window = opened
            own.opening = { opened.opening(from: $0, in: zone) }
        }
        let crons = ["30 22 * * *", "0 * * * *", "30 2 * * *", "*/20 22-23,0-3 * * *"]
        let isScheduled = random.next(in: 0...1) == 0
        let schedule = isScheduled ? try CronExpression(crons[random.next(in: 0...3)]) : nil
        let seconds = Int(morning.components.seconds)
        let arrivals = (0..<random.next(in: isScheduled ? 0...1 : 1...2)).map { _ in
            Duration.seconds(Int64(random.next(in: 0...seconds / 2)))
        }
        return Job(
            name: "job-\(number)", configuration: own, schedule: schedule, catchUp: random.next(in: 0...1) == 0,
            window: window, records: (0..<16).map { _ in random.next(in: 1...24) }, arrivals: arrivals.sorted())
    }

    private static func events(
        until morning: Duration, _ random: inout SeededRandom
    ) -> [(at: Duration, event: Event)] {
        let seconds = Int(morning.components.seconds)
        // Most of what happens happens early, when calls are made.
        let times = (0..<random.next(in: 0...5)).map { _ in
            Duration.milliseconds(Int64(random.next(in: 0...(random.next(in: 0...1) == 0 ? 120_000 : seconds * 900))))
        }
        return times.sorted().map { ($0, event(&random)) }
    }

    private static func event(_ random: inout SeededRandom) -> Event {
        let pause = Duration.seconds(Int64(random.next(in: 1...90)))
        switch random.next(in: 0...9) {
        case 0, 1: return .kill(restartAfter: pause)
        case 2, 3: return .stop(isUrgent: random.next(in: 0...1) == 0, restartAfter: pause)
        case 4: return .pause
        case 5: return .cancel
        case 6: return .resume
        case 7: return .rerun
        case 8:
            let steps: [Int64] = [-3_600, 86_400, 3_600, -60, 40, -86_400]
            return .setClock(by: .seconds(steps[random.next(in: 0...(steps.count - 1))]))
        default: return .fillDisk(for: pause)
        }
    }
}
