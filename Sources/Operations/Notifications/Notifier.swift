import Basics
import Foundation
import JobRunner
import Logging
import ServiceLifecycle
import Settings
import Synchronization

/// Runs the users' notification commands one after the other and in order, beside everything else: nothing waits for a
/// command, and none can stop anything.
final class Notifier: Service {
    private struct Item: Sendable {
        let notice: BatchNotice
        let command: [String]
    }

    /// Runs commands in this folder.
    private let folder: String
    private let environment: [String: String]
    private let clock: any RunnerClock
    private let log: Logger
    private let items: AsyncStream<Item>
    private let queue: AsyncStream<Item>.Continuation
    /// Commands whose last call failed, so that a command that is broken is logged once and not for each batch.
    private let failing = Mutex(Set<[String]>())

    /// How long a command may take.
    static let timeLimit = Duration.seconds(30)
    /// How many notices wait at most while a command hangs; later ones are dropped.
    static let capacity = 1000

    /// Runs no command before `run`.
    ///
    /// - Parameters:
    ///   - folder: where commands run: that of the settings file.
    ///   - environment: this process's variables, of which commands get those that hold nothing of ours.
    ///   - clock: measures the time limit.
    ///   - log: logs commands that fail.
    init(folder: String, environment: [String: String], clock: any RunnerClock, log: Logger) {
        self.folder = folder
        self.environment = Self.clean(environment)
        self.clock = clock
        self.log = log
        (items, queue) = AsyncStream.makeStream(bufferingPolicy: .bufferingOldest(Self.capacity))
    }

    /// Queues a notice for a command, if there is one that subscribes to such events; returns at once.
    func enqueue(_ notice: BatchNotice, to notification: Settings.Notification?) {
        guard let notification, notification.events.contains(notice.event) else { return }
        let item = Item(notice: notice, command: notification.command)
        if case .dropped = queue.yield(item) { log.warning("notice dropped: too many wait", metadata: about(item)) }
    }

    /// Runs commands until `finish` or a graceful shutdown, and then for the notices still queued, which have together
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
        let failure = await failure(of: item)
        let isChanged = failing.withLock { failing in
            failure == nil ? failing.remove(item.command) != nil : failing.insert(item.command).inserted
        }
        guard isChanged else { return }
        if let failure {
            log.warning("notify command failed", metadata: about(item).merging(["failure": "\(failure)"]) { $1 })
        } else {
            log.notice("notify command works again", metadata: about(item))
        }
    }

    /// Why a command failed; nil: it succeeded.
    private func failure(of item: Item) async -> String? {
        do {
            let input = Array(JSONText.text(of: item.notice).utf8) + [UInt8(ascii: "\n")]
            // A program may lie on a share that does not answer.
            let child = try await BlockingWork.run { [environment, folder] () throws(ChildProcess.Refusal) in
                try ChildProcess(item.command, environment: environment, in: folder, input: input)
            }
            switch await end(of: child) {
            case .exit(0): return nil
            case .exit(let code): return "it ended with exit code \(code)"
            case .signal(let number): return "it was ended by signal \(number)"
            case nil: return "it took longer than \(Self.timeLimit.components.seconds) s and was ended"
            }
        } catch {
            return "it could not be started: \(error.message)"
        }
    }

    /// Nil if the time limit came first.
    private func end(of child: ChildProcess) async -> ChildProcess.End? {
        let deadline = clock.monotonic + Self.timeLimit
        return await withTaskGroup(of: ChildProcess.End?.self) { group in
            group.addTask { await child.ended() }
            group.addTask { [clock] in
                await clock.sleep(until: deadline)
                return nil
            }
            let first = await group.next() ?? nil
            if first == nil { child.kill() }
            group.cancelAll()
            return first
        }
    }

    /// A command's arguments may hold a token, so only its program is named.
    private func about(_ item: Item) -> Logger.Metadata {
        var metadata: Logger.Metadata = [
            "command": "\(item.command[0])", "event": "\(item.notice.event.rawValue)",
        ]
        if let job = item.notice.job { metadata["job"] = "\(job)" }
        if let batch = item.notice.batch { metadata["batch"] = "\(batch)" }
        return metadata
    }

    /// What holds settings, passwords among them, or concerns this process alone.
    private static func clean(_ environment: [String: String]) -> [String: String] {
        let own = Set(ServiceManager.variables + ["CREDENTIALS_DIRECTORY"])
        return environment.filter { !$0.key.hasPrefix("ROLLCALL_") && !own.contains($0.key) }
    }
}
