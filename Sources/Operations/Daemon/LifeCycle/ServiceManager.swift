import Basics
import Foundation
import JobRunner
import RecordStore
import ServiceLifecycle
import Settings

/// The service manager that started this process, notified as `man 3 sd_notify` describes; without one, as on a
/// terminal, everything here does nothing.
struct ServiceManager: Sendable {
    private let socket: NotifySocket?
    /// How often `watchdog` must be sent: half the time after which the manager considers the process hung. Nil: never.
    let watchdogInterval: Duration?

    /// Finds the manager in the variables `NOTIFY_SOCKET`, `WATCHDOG_USEC` and `WATCHDOG_PID`.
    init(environment: [String: String], process: pid_t = getpid()) {
        socket = environment[Self.variables[0]].flatMap(NotifySocket.init)
        watchdogInterval = socket.flatMap { _ in Self.interval(environment, process: process) }
    }

    /// What concerns this process alone and must not be handed on to the commands it starts.
    static let variables = ["NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"]

    /// Start-up is over: the service works.
    func ready() { say("READY=1") }

    /// The service is going to end by itself.
    func stopping() { say("STOPPING=1") }

    /// The service is alive; to be sent every `watchdogInterval`.
    func watchdog() { say("WATCHDOG=1") }

    /// One line for `systemctl status`.
    func status(_ status: String) { say("STATUS=\(status.split(whereSeparator: \.isNewline).joined(separator: " "))") }

    /// Reloads settings: the manager waits with `systemctl reload` until it is done.
    func reloading(_ work: () async -> Void) async {
        // Without the time of `CLOCK_MONOTONIC` the manager could take an old READY for the answer to this reload.
        say("RELOADING=1\nMONOTONIC_USEC=\(Self.monotonicMicroseconds)")
        await work()
        ready()
    }

    /// What cannot be delivered is lost: there is nobody else to notify, and the manager notices by itself.
    private func say(_ words: String) { socket?.send(words) }

    private static func interval(_ environment: [String: String], process: pid_t) -> Duration? {
        guard let text = environment[variables[1]], let microseconds = Int64(text), microseconds > 1,
            environment[variables[2]].map({ $0 == "\(process)" }) ?? true
        else { return nil }
        return .microseconds(microseconds / 2)
    }

    private static var monotonicMicroseconds: Int64 {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1_000
    }
}

/// The address of a datagram socket on this machine, as `NOTIFY_SOCKET` gives it: a path, or `@` and an abstract name.
struct NotifySocket: Sendable {
    private let address: [UInt8]

    /// Nil if it is not such an address: another kind of socket, or a name too long.
    init?(_ text: String) {
        guard text.hasPrefix("/") || text.hasPrefix("@"), text.utf8.count > 1 else { return nil }
        var name = Array(text.utf8)
        // `man 7 unix`: an abstract name begins with a null byte, and all its bytes count.
        if name[0] == UInt8(ascii: "@") { name[0] = 0 } else { name.append(0) }
        guard name.count <= MemoryLayout.size(ofValue: sockaddr_un().sun_path) else { return nil }
        address = withUnsafeBytes(of: sa_family_t(AF_UNIX), Array.init) + name
    }

    /// Sends one datagram; gives up after a second in which nobody takes it.
    @discardableResult
    func send(_ words: String) -> Bool {
        let kind = Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
        // Without a descriptor nobody is told; the daemon works on.
        guard let socket = try? OwnedDescriptor(takingOwnershipOf: socket(AF_UNIX, kind, 0)) else { return false }
        var patience = timeval(tv_sec: 1, tv_usec: 0)
        setsockopt(socket.number, SOL_SOCKET, SO_SNDTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
        let bytes = Array(words.utf8)
        return address.withUnsafeBytes { address in
            guard let pointer = address.baseAddress?.assumingMemoryBound(to: sockaddr.self) else { return false }
            let flags = Int32(MSG_NOSIGNAL)
            return sendto(socket.number, bytes, bytes.count, flags, pointer, socklen_t(address.count)) == bytes.count
        }
    }
}

/// Notifies the service manager that the daemon is alive, and when it ends.
///
/// It is alive as long as its parts report in time, one of which writes into the database each time: a daemon that
/// cannot account for calls, or hangs, is better restarted.
struct ServiceWatchdog: Service {
    let manager: ServiceManager
    let store: RecordStore
    let configuration: ConfigurationInForce
    let attendance: Attendance
    let clock: any RunnerClock

    func run() async throws {
        await cancelWhenGracefulShutdown {
            guard let interval = manager.watchdogInterval else { return await WakeSignal().wait() }
            while !Task.isCancelled {
                if isAtWork {
                    manager.watchdog()
                    await manager.status(status())
                }
                await WakeSignal().wait(for: interval, on: clock)
            }
        }
        manager.stopping()
    }

    /// Whether every part without which the daemon is better restarted has reported in time. On a full disk they wait
    /// for space.
    private var isAtWork: Bool { store.storageCondition != .normal || attendance.overdue(vitalOnly: true).isEmpty }

    private func status() async -> String {
        if let full = store.storageCondition.waiting { return full }
        // A failed read is reported by the part that fails because of it.
        let status = try? await store.runnerStatus()
        return status?.waiting()
            ?? NumberFormat.count(configuration.value.jobs.values.count(where: \.isEnabled), "job")
    }
}
