import Basics
import RecordStore

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
