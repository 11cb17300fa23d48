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
