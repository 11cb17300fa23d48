import Basics
import Foundation
import IdentityInsightsClient
import JobRunner
import Logging
import RecordStore
import Results
import Settings

/// What a daemon tells of itself in numbers: nothing of a record, and of files and people nothing but jobs' names.
struct DaemonMetrics: Sendable {
    private let store: RecordStore
    private let traffic: EndpointTraffic
    private let configuration: ConfigurationInForce
    private let startedAt: WallTime

    init(context: DaemonContext) {
        (store, traffic, configuration) = (context.store, context.traffic, context.inForce)
        startedAt = context.startedAt
    }

    /// All metrics at this time, some from the database, some counted since the daemon began.
    ///
    /// - Throws: `StoreError` when the database cannot be read.
    func read() async throws -> MetricsText {
        let configuration = configuration.value
        let now = traffic.clock.now
        var text = MetricsText()
        addCalls(to: &text)
        addTraffic(to: &text, limits: configuration.place.settings.limits)
        try await addBatches(to: &text, at: now)
        try await addSpending(to: &text, configuration, at: now)
        try await addDatabase(to: &text)
        text.add(
            "rollcall_key_end_timestamp_seconds", .gauge, .node, "When the first certificate under a setting ends.",
            by: "key",
            DatedKey.ends(of: configuration.datedKeys).mapValues(\.timeIntervalSince1970))
        if let process = await BlockingWork.run({ ProcessFigures.read() }) { process.add(to: &text, since: startedAt) }
        return text
    }

    /// A server's log is not this database's alone, and its disk not this machine's.
    private func addDatabase(to text: inout MetricsText) async throws {
        let bytes = try await store.bytesOnDisk()
        text.add(
            "rollcall_database_bytes", .gauge, .database, "Size of the database on the disk, without its log.",
            bytes.database.map(Double.init))
        guard !store.isAtServer else { return }
        text.add(
            "rollcall_database_wal_bytes", .gauge, .database, "Size of the database's write-ahead log on the disk.",
            bytes.log.map(Double.init))
    }

    private func addCalls(to text: inout MetricsText) {
        let reading = traffic.meter.reading
        text.add(
            "rollcall_calls_total", .counter, .node, "Attempts that have ended since the daemon began, by outcome.",
            by: "outcome",
            Dictionary(
                uniqueKeysWithValues: AttemptOutcome.allCases.map {
                    ($0.rawValue, Double(reading.outcomes[$0] ?? 0))
                }))
        text.addHistogram(
            "rollcall_call_duration_seconds", "How long calls took since the daemon began.",
            bounds: CallMeter.bounds.map(\.inSeconds), counts: reading.durations, sum: reading.total.inSeconds)
        text.add(
            "rollcall_retries_total", .counter, .node,
            "Attempts since the daemon began after which the record is tried again.",
            Double(reading.retries))
    }

    private func addTraffic(to text: inout MetricsText, limits: Settings.Limits) {
        let status = traffic.status
        text.add(
            "rollcall_contract_rate_per_second", .gauge, .database, "Calls a second by contract (limits.rate).",
            limits.rate)
        text.add(
            "rollcall_allowed_rate_per_second", .gauge, .database,
            "Calls a second that are allowed now, of all nodes together: 0 while the gate is not open.",
            status.gate == .open ? status.allowedRate : 0)
        text.add(
            "rollcall_closed_until_timestamp_seconds", .gauge, .node,
            "Until when the API asked for no calls (Retry-After); 0: it did not.",
            status.closedUntil.map { Double($0.milliseconds) / 1_000 } ?? 0)
        text.add("rollcall_calls_in_flight", .gauge, .node, "Calls under way.", Double(status.underWay))
    }

    private func addBatches(to text: inout MetricsText, at now: WallTime) async throws {
        let totals = try await store.batchTotals()
        text.add(
            "rollcall_records", .gauge, .database, "Records of all batches by status.", by: "status",
            Dictionary(
                uniqueKeysWithValues: RecordStatus.allCases.map { ($0.rawValue, Double(totals.records[$0] ?? 0)) }))
        text.add(
            "rollcall_oldest_queued_seconds", .gauge, .database,
            "How long the records have waited that wait longest; 0: none waits.",
            totals.oldestQueued.map { max(0, (now - $0).inSeconds) } ?? 0)
        text.add(
            "rollcall_job_last_success_timestamp_seconds", .gauge, .database,
            "When a batch of the job was completed last.",
            by: "job", totals.lastCompleted.mapValues { Double($0.milliseconds) / 1_000 })
    }

    private func addSpending(
        to text: inout MetricsText, _ configuration: LiveConfiguration, at now: WallTime
    ) async throws {
        let limits = configuration.place.settings.limits
        let today = CallDay(at: now, in: limits.timeZone)
        let (calls, month) = (try await store.calls(on: today), try await store.calls(inMonthOf: today))
        var used: [String: Double] = [:]
        if let cap = limits.dailyCalls { used["daily_calls"] = Self.share(Double(calls.calls), of: Double(cap)) }
        if let pricing = configuration.place.pricing {
            let spent = Self.double(pricing.cost(ofCalls: month.billable, already: 0))
            text.add(
                "rollcall_spend_total", .counter, .database,
                "What the billed calls of this calendar month cost; it begins at 0 each month.",
                by: "currency", [pricing.currency: spent])
            if let cap = limits.monthlyCost { used["monthly_cost"] = Self.share(spent, of: Self.double(cap)) }
        }
        text.add(
            "rollcall_cap_used_ratio", .gauge, .database, "The share of a cap that is used, from 0 to 1.", by: "cap",
            used)
    }

    /// A cap of 0 is used up from the beginning.
    private static func share(_ used: Double, of cap: Double) -> Double { cap > 0 ? used / cap : 1 }

    private static func double(_ amount: Decimal) -> Double { NSDecimalNumber(decimal: amount).doubleValue }
}

extension Duration {
    /// Seconds with their fraction.
    fileprivate var inSeconds: Double { Double(nanoseconds) / 1_000_000_000 }
}

extension DaemonContext {
    /// Why the daemon cannot do its work just now; nil: it can. What batches wait for is no such reason.
    ///
    /// - Throws: `StoreError` when the database cannot be read or a key not be used.
    func whyNotReady() async throws -> String? {
        if stop.isRaised { return "the daemon is ending" }
        if attendance.overdue(vitalOnly: true).first != nil { return "a part of the daemon hangs; its log names it" }
        if case .full = store.storageCondition { return "the disk that holds the database is full" }
        let now = clock.now.date
        // What the administration shows itself with keeps no call from being made.
        let keys = configuration.datedKeys.filter { !$0.isOfAdministration }
        if let key = keys.first(where: { $0.end <= now }) { return "\(key.setting) has expired" }
        _ = try await store.runnerStatus()
        do {
            try await store.requireKeyFiles(at: clock.now)
        } catch let error as StoreError where [.sealingKey, .keysFolder, .altered].contains(error.code) {
            // Whoever reaches the port may ask, so where the keys lie stands in the log alone.
            log.error("a key of the database cannot be used", metadata: ["reason": "\(error)"])
            return "a key of the database cannot be used; the daemon's log names it"
        }
        return nil
    }
}

/// What the system says of this process, under the names that Prometheus' client libraries give to it.
struct ProcessFigures: Equatable {
    /// In seconds.
    var processorTime: Double
    /// In bytes.
    var residentMemory: Double
    var virtualMemory: Double
    var openDescriptors: Double?
    var maximumDescriptors: Double?

    /// Reads `/proc/self`. It may block.
    ///
    /// - Returns: Nil where the system has none.
    static func read() -> ProcessFigures? {
        guard let file = FileHandle(forReadingAtPath: "/proc/self/stat"),
            // What cannot be read is left out of the metrics. It is one line, shorter than a page.
            let stat = try? file.read(upToCount: 4_096),
            var figures = ProcessFigures(
                stat: String(decoding: stat, as: UTF8.self), ticksPerSecond: Double(sysconf(Int32(_SC_CLK_TCK))),
                pageSize: Double(sysconf(Int32(_SC_PAGESIZE))))
        else { return nil }
        // Without the list the figure is left out.
        figures.openDescriptors = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd")).map {
            // The list was read through a descriptor of its own.
            Double($0.count - 1)
        }
        var limit = rlimit()
        if getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 {
            figures.maximumDescriptors = Double(limit.rlim_cur)
        }
        return figures
    }
}

extension ProcessFigures {
    /// Reads what the kernel writes (`man 5 proc`). A pure function.
    ///
    /// - Parameters:
    ///   - stat: `/proc/self/stat`.
    ///   - ticksPerSecond: In how many parts of a second the kernel counts.
    ///   - pageSize: In bytes.
    init?(stat: String, ticksPerSecond: Double, pageSize: Double) {
        // The second field is the program's name in parentheses, which may hold blanks; the third follows it.
        guard let name = stat.lastIndex(of: ")") else { return nil }
        let fields = stat[name...].split(separator: " ").dropFirst().map { Double($0) }
        func field(_ number: Int) -> Double? { fields.indices.contains(number - 3) ? fields[number - 3] : nil }
        guard let user = field(14), let kernel = field(15), let virtual = field(23), let pages = field(24),
            ticksPerSecond > 0
        else { return nil }
        processorTime = (user + kernel) / ticksPerSecond
        (residentMemory, virtualMemory) = (pages * pageSize, virtual)
    }

    /// Adds them.
    ///
    /// - Parameters:
    ///   - text: Where to.
    ///   - start: When the process began its work.
    func add(to text: inout MetricsText, since start: WallTime) {
        text.add(
            "process_cpu_seconds_total", .counter, .node, "Processor time that the process has used.", processorTime)
        text.add("process_resident_memory_bytes", .gauge, .node, "Memory that the process holds.", residentMemory)
        text.add("process_virtual_memory_bytes", .gauge, .node, "Address space of the process.", virtualMemory)
        text.add(
            "process_start_time_seconds", .gauge, .node, "When the process was started, since 1970.",
            Double(start.milliseconds) / 1_000)
        text.add("process_open_fds", .gauge, .node, "Descriptors that are open.", openDescriptors)
        text.add("process_max_fds", .gauge, .node, "Descriptors that may be open.", maximumDescriptors)
    }
}
