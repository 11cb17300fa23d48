import Basics
import Foundation
import IdentityInsightsClient
import JobRunner
import RecordStore
import Results
import Schedules
import Settings

/// The first page: what is sent or why nothing is, what waits for somebody, and what has lately happened.
struct OverviewPage: Equatable {
    /// One figure with what it means.
    struct Figure: Equatable {
        let name: String
        let value: String
        var note: String?
        /// From 0 to 100 where it is a share of something.
        var used: Int?
    }

    /// A row of two to four texts.
    struct Row: Equatable {
        let first: String
        let second: String
        var third: String?
        var fourth: String?
    }

    let tone: String
    let headline: String
    let detail: String?
    let figures: [Figure]
    let attention: [Attention]
    let running: BatchTableView
    /// The nodes that share the database; none: there is one runner.
    let nodes: [Row]
    let schedules: [Row]
    let keys: [Row]
    let events: [RecentNotices.Item]
}

extension OverviewPage {
    /// Reads what the page shows.
    ///
    /// - Throws: `StoreError` when the database cannot be read.
    static func read(_ context: DaemonContext) async throws -> OverviewPage {
        let (configuration, now, store) = (context.configuration, context.clock.now, context.store)
        let settings = configuration.place.settings
        let batches = try await store.batches()
        let open = batches.filter { !$0.state.isFinished }
        let status = RunnerStatus(of: context)
        let outlooks = try await BatchOutlooks(configuration.place, store, at: now)
        let nodes = try await store.nodesIfShared() ?? []
        let sending = SendingState(
            status, store.storageCondition, batches: open, hold: try await store.restoreHold(),
            closedWindows: open.allSatisfy { !configuration.mayCall($0, at: now) },
            idle: SendingState.idle(
                open.filter { $0.state == .running && !$0.counts.isExhausted }, homes: outlooks.homes, nodes: nodes),
            resumptions: try await store.resumptions(), contractRate: settings.limits.rate,
            at: now)
        let datedKeys = configuration.datedKeys.sorted { $0.end < $1.end }
        return OverviewPage(
            tone: sending.tone.rawValue, headline: sending.headline, detail: sending.detail,
            figures: try await figures(context, status, open: open, all: batches),
            attention: Attention.list(
                batches: batches.reversed(), keys: datedKeys.compactMap { $0.notice(at: now.date) },
                disk: await BlockingWork.run { StorageChecks(place: configuration.place).space() }),
            running: BatchTableView(
                rows: open.prefix(20).map { BatchRow($0, outlooks.rest(of: $0), rate: outlooks.rate(of: $0)) },
                none: "No batch is open. A file in a drop folder, or an upload, makes one."),
            nodes: nodes.filter { $0.standing != .retired }.map(row),
            schedules: schedules(configuration.jobs.values.sorted { $0.name < $1.name }, at: now),
            keys: datedKeys.map { Self.row($0, at: now) },
            events: context.notices.recent.items(notCuredBy: batches))
    }

    private static func figures(
        _ context: DaemonContext, _ status: RunnerStatus, open: [Batch], all: [Batch]
    ) async throws -> [Figure] {
        let place = context.configuration.place
        let (limits, now) = (place.settings.limits, context.clock.now)
        let today = CallDay(at: now, in: limits.timeZone)
        let (day, month) = (try await context.store.calls(on: today), try await context.store.calls(inMonthOf: today))
        let allowed = status.gate == .open ? status.allowedRate : 0
        return [
            Figure(
                name: "Calls allowed", value: "\(NumberFormat.rate(allowed))/s",
                note: "of \(NumberFormat.rate(limits.rate))/s by contract"),
            Figure(
                name: "Under way", value: NumberFormat.count(context.traffic.status.underWay),
                note: "of at most \(limits.concurrency)"),
            Figure(
                name: "Queued", value: NumberFormat.count(open.reduce(0) { $0 + $1.counts.queued }),
                note: NumberFormat.count(open.count, "open batch")),
            Figure(
                name: "In doubt", value: NumberFormat.count(all.reduce(0) { $0 + $1.counts.inDoubt }),
                note: "may have been billed"),
            dayFigure(day.calls, cap: limits.dailyCalls), monthFigure(month.billable, place.pricing, limits),
        ]
    }

    static func dayFigure(_ calls: Int, cap: Int?) -> Figure {
        Figure(
            name: "Calls today", value: NumberFormat.count(calls),
            note: cap.map { "\(NumberFormat.count(max(0, $0 - calls))) left of \(NumberFormat.count($0))" } ?? "no cap",
            used: cap.map { $0 > 0 ? min(100, calls * 100 / $0) : 100 })
    }

    static func monthFigure(_ billed: Int, _ pricing: Pricing?, _ limits: Settings.Limits) -> Figure {
        guard let pricing else {
            return Figure(name: "Billed this month", value: NumberFormat.count(billed), note: "no price list")
        }
        let spent = pricing.cost(ofCalls: billed, already: 0)
        let cost = Cost.known(currency: pricing.currency, certain: spent, atMost: spent)
        let left = limits.monthlyCost.map { cap in
            Cost.known(currency: pricing.currency, certain: max(0, cap - spent), atMost: max(0, cap - spent))
        }
        return Figure(
            name: "Cost this month", value: cost.description,
            note: left.map { "\($0) left" } ?? "\(NumberFormat.count(billed)) billed, no cap",
            used: limits.monthlyCost.map { cap in
                cap > 0 ? min(100, NSDecimalNumber(decimal: spent / cap * 100).intValue) : 100
            })
    }

    private static func row(_ node: NodeView) -> Row {
        Row(
            first: node.name, second: NodeLine.health(of: node), third: node.host,
            fourth: NumberFormat.count(node.openCalls, "call") + " under way")
    }

    private static func row(_ key: DatedKey, at now: WallTime) -> Row {
        let left = key.end.timeIntervalSince(now.date)
        return Row(
            first: key.setting, second: String(NumberFormat.time(key.end).prefix(10)), third: key.subject,
            fourth: left > 0 ? "in \(NumberFormat.duration(seconds: left))" : "expired")
    }

    private static func schedules(_ jobs: [JobDefinition], at now: WallTime) -> [Row] {
        let due = jobs.compactMap { job in job.nextRun(after: now).map { (job, $0) } }
        return due.sorted { $0.1 < $1.1 }.prefix(8).map { job, time in
            Row(
                first: job.name, second: NumberFormat.time(time, in: job.timeZone),
                third: "in " + NumberFormat.duration(seconds: Double((time - now).milliseconds) / 1_000))
        }
    }
}

extension LiveConfiguration {
    /// Whether a batch's job may call at a time, as far as its window decides.
    func mayCall(_ batch: Batch, at now: WallTime) -> Bool {
        guard let job = job(named: batch.job), let window = job.window else { return true }
        return window.isOpen(at: now, in: job.timeZone)
    }
}

/// Why nothing is sent just now, or what is. A pure rule over what the daemon knows of itself.
struct SendingState: Equatable {
    let tone: Tone
    /// In a few words.
    let headline: String
    /// The whole sentence; nil: the headline says it all.
    let detail: String?

    /// Decides.
    ///
    /// - Parameters:
    ///   - status: Gate and rate.
    ///   - storage: Whether the disk has room.
    ///   - batches: Those that are not over.
    ///   - hold: What batches wait for since a restore; nil: nothing.
    ///   - closedWindows: Whether no job of them may call at this time of day.
    ///   - idle: Why no node sends any of them, with what to do; nil: one does, or there is one runner.
    ///   - resumptions: When those go on by themselves that a cap has paused.
    ///   - contractRate: Calls a second by contract.
    ///   - now: The time.
    init(
        _ status: RunnerStatus, _ storage: StorageCondition, batches: [Batch], hold: RestoreHold?,
        closedWindows: Bool = false, idle: String? = nil, resumptions: [BatchID: WallTime] = [:],
        contractRate: Double, at now: WallTime
    ) {
        let running = batches.filter { $0.state == .running && !$0.counts.isExhausted }
        let waiting = batches.filter { [.awaitingConfirmation, .paused, .halted].contains($0.state) }
        if let full = storage.waiting {
            (tone, headline, detail) = (.bad, "Nothing is sent: the disk is full", full)
        } else if let why = status.waiting(at: now.date) {
            let isHalted = if case .halted = status.gate { true } else { false }
            (tone, headline, detail) = (
                isHalted ? .bad : .warning, isHalted ? "Nothing is sent: halted" : "Nothing is sent just now", why
            )
        } else if !running.isEmpty, let idle {
            (tone, headline, detail) = (.bad, "Nothing is sent: a node is missing", idle)
        } else if !running.isEmpty, closedWindows {
            (tone, headline, detail) = (
                .quiet, "Nothing is sent just now", "no job with records to send may call at this time of day"
            )
        } else if !running.isEmpty {
            let (allowed, contract) = (NumberFormat.rate(status.allowedRate), NumberFormat.rate(contractRate))
            (tone, headline) = (.busy, "Sending")
            detail =
                status.allowedRate < contractRate
                ? "at most \(allowed) calls a second of \(contract) by contract, as the API asked for fewer"
                : "at most \(contract) calls a second, as by contract"
        } else if let hold {
            (tone, headline, detail) = (.warning, "Nothing is sent: a restore waits for you", hold.text)
        } else if let next = Self.nextResumption(of: waiting, resumptions) {
            (tone, headline) = (.warning, "Nothing is sent: a cap is reached")
            detail =
                NumberFormat.names(waiting.map(\.name))
                + (waiting.count == 1 ? " goes on by itself" : " go on by themselves")
                + " from \(NumberFormat.time(next)) on, or once the cap is raised in limits and read by SIGHUP"
        } else if !waiting.isEmpty {
            (tone, headline) = (.warning, "Nothing is sent: \(Self.wait(waiting.count)) for you")
            detail = NumberFormat.names(waiting.map(\.name))
        } else {
            (tone, headline, detail) = (.good, "Nothing to send", "every record taken in is accounted for")
        }
    }

    /// Why none of several nodes sends anything, with what to do; nil: one does.
    ///
    /// - Parameters:
    ///   - running: Batches that may run and have records to be sent.
    ///   - homes: Which node has taken each up.
    ///   - nodes: All of them.
    /// - Returns: A sentence.
    static func idle(_ running: [Batch], homes: [BatchID: BatchHome], nodes: [NodeView]) -> String? {
        if let silent = nodes.first(where: { $0.standing != .retired && !$0.hasAnswered }) {
            return "the database server was replaced, and node \(silent.name) has not answered for it: start it, or, "
                + "where it is gone for good, \(Hint.retire(node: silent.name))"
        }
        let standings = Dictionary(nodes.map { ($0.name, $0.standing) }) { $1 }
        let held = running.compactMap { batch in homes[batch.id].map { (batch, $0) } }
        func isIdle(_ home: BatchHome) -> Bool {
            standings[home.node] != .live || (home.isElsewhere && !home.isRunning)
        }
        guard !running.isEmpty, held.count == running.count, held.allSatisfy({ isIdle($0.1) }),
            let (batch, home) = held.first
        else { return nil }
        return standings[home.node] == .draining
            ? "\(batch.name) is node \(home.node)'s, which drains: start that node again"
            : "\(batch.name) is node \(home.node)'s (\(home.host)), which is not heard of: start it, or, where it is gone "
                + "for good, \(Hint.retire(node: home.node)); with --to another node goes on with it"
    }

    /// When the first goes on, where all do by themselves.
    private static func nextResumption(of waiting: [Batch], _ resumptions: [BatchID: WallTime]) -> WallTime? {
        let times = waiting.compactMap { resumptions[$0.id] }
        return times.count == waiting.count ? times.min() : nil
    }

    private static func wait(_ count: Int) -> String {
        count == 1 ? "1 batch waits" : "\(NumberFormat.count(count)) batches wait"
    }
}

/// Something that waits for a person, with the page on which it is done.
struct Attention: Equatable {
    let tone: String
    let text: String
    let path: String
    /// What the way there says.
    let label: String

    private init(_ tone: Tone, _ text: String, _ path: String, _ label: String) {
        (self.tone, self.text, self.path, self.label) = (tone.rawValue, text, path, label)
    }

    /// So many batches are named at most: the page stays one that can be read.
    static let mostBatches = 30

    /// What waits, the gravest first. A pure rule.
    ///
    /// - Parameters:
    ///   - batches: All batches.
    ///   - keys: What is to be known of the ends of keys, a sentence each.
    ///   - disk: What the doctor says of the disk; nil: nothing is known.
    /// - Returns: One for each thing that waits.
    static func list(batches: [Batch], keys: [String], disk: Finding?) -> [Attention] {
        var found: [Attention] = []
        for batch in batches where batch.state == .halted {
            found.append(
                Attention(
                    .bad, "\(batch.name) is halted: \(batch.reason ?? "something is wrong")",
                    batch.path(.resume), "Resume"))
        }
        for batch in batches where batch.state == .awaitingConfirmation {
            found.append(
                Attention(
                    .warning, "\(batch.name) waits for confirmation: \(batch.reason ?? "its cost")",
                    batch.path(.start), "Start"))
        }
        for batch in batches where batch.counts.inDoubt > 0 && batch.state.isFinished {
            found.append(
                Attention(
                    .warning, "\(batch.name): \(NumberFormat.count(batch.counts.inDoubt, "record")) in doubt",
                    batch.path, "Decide"))
        }
        for batch in batches where batch.state == .paused {
            found.append(
                Attention(
                    .warning, "\(batch.name) is paused: \(batch.reason ?? "by an operator")", batch.path(.resume),
                    "Resume"))
        }
        for batch in batches where batch.state == .ingesting && batch.reason != nil {
            found.append(Attention(.warning, "\(batch.name): \(batch.reason ?? "")", batch.path, "Look"))
        }
        if found.count > mostBatches {
            let rest = NumberFormat.count(found.count - mostBatches, "more batch")
            found = Array(found.prefix(mostBatches)) + [Attention(.warning, rest, "/batches?order=doubt", "Look")]
        }
        found += keys.map { Attention(.warning, $0, "/health", "Check") }
        if let disk, disk.level != .fine { found.append(Attention(.warning, disk.message, "/health", "Check")) }
        return found
    }
}

extension Batch {
    /// The address of its page.
    var path: String { "/batches/" + PercentCoding.encoded(name) }

    /// The address of the page of an action on it.
    func path(_ action: BatchAction) -> String { "\(path)/\(action.rawValue)" }

    /// The address of the list of its records of one status.
    func recordsPath(_ status: RecordStatus) -> String { "\(path)/records?status=\(status.rawValue)" }
}
