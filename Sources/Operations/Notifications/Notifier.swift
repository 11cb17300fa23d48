import Basics
import Foundation
import JobRunner
import Logging
import ServiceLifecycle
import Settings

/// Brings notices to the users' commands, webhooks and mailboxes, one after the other and in order, beside everything
/// else: nothing waits for one, and none can stop anything.
final class Notifier: Service {
    private struct Item: Sendable {
        let notice: BatchNotice
        let target: Settings.Notification.Target
    }

    private let delivery: NoticeDelivery
    private let clock: any RunnerClock
    private let log: Logger
    private let items: AsyncStream<Item>
    private let queue: AsyncStream<Item>.Continuation
    /// The ways that failed last, so that one that is broken is logged once and not for each batch.
    private let failing = Lock(Set<Settings.Notification.Target>())

    /// How long one may take.
    static let timeLimit = NoticeDelivery.timeLimit
    /// How many notices wait at most while a command hangs; later ones are dropped.
    static let capacity = 1000

    /// Delivers nothing before `run`.
    ///
    /// - Parameters:
    ///   - folder: where commands run: that of the settings file.
    ///   - environment: this process's variables, of which commands get those that hold nothing of ours.
    ///   - clock: measures the time limit.
    ///   - log: logs what fails.
    init(folder: String, environment: [String: String], clock: any RunnerClock, log: Logger) {
        delivery = NoticeDelivery(folder: folder, environment: environment, clock: clock)
        self.clock = clock
        self.log = log
        (items, queue) = AsyncStream.makeStream(bufferingPolicy: .bufferingOldest(Self.capacity))
    }

    /// Queues a notice for whoever is to be told of such events, if anybody is; returns at once.
    func enqueue(_ notice: BatchNotice, to notification: Settings.Notification?) {
        guard let notification, notification.events.contains(notice.event) else { return }
        let item = Item(notice: notice, target: notification.target)
        if case .dropped = queue.yield(item) { log.warning("notice dropped: too many wait", metadata: about(item)) }
    }

    /// Delivers until `finish` or a graceful shutdown, and then for the notices still queued, which have together
    /// as long as one command may take after a graceful shutdown. Then, or when it is cancelled, it ends the command
    /// under way and drops the rest.
    func run() async {
        await withTaskGroup { group in
            group.addTask { for await item in self.items where !Task.isCancelled { await self.deliver(item) } }
            group.addTask {
                await self.endRequested()
                self.finish()
                await self.clock.sleep(until: self.clock.monotonic + Self.timeLimit)
            }
            await group.next()
            group.cancelAll()
        }
    }

    /// Accepts no more notices.
    func finish() { queue.finish() }

    private func deliver(_ item: Item) async {
        let failure = await delivery.deliver(item.notice, to: item.target)
        let isChanged = failing.withLock { failing in
            failure == nil ? failing.remove(item.target) != nil : failing.insert(item.target).inserted
        }
        guard isChanged else { return }
        if let failure {
            log.warning("notify command failed", metadata: about(item).merging(["failure": "\(failure)"]) { $1 })
        } else {
            log.notice("notify command works again", metadata: about(item))
        }
    }

    /// Arguments and addresses may hold a token, so only the program, or the kind of way, is named.
    private func about(_ item: Item) -> Logger.Metadata {
        var metadata: Logger.Metadata = [
            "command": "\(item.target.shortName)", "event": "\(item.notice.event.rawValue)",
        ]
        if let job = item.notice.job { metadata["job"] = "\(job)" }
        if let batch = item.notice.batch { metadata["batch"] = "\(batch)" }
        return metadata
    }
}

extension Settings.Notification.Target {
    /// What may be told of it: arguments and addresses may hold a token.
    var shortName: String {
        switch self {
        case .command(let command): command[0]
        case .webhook: "webhook"
        case .email: "email"
        }
    }
}
