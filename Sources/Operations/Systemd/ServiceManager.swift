import Foundation

/// The service manager that started this process, told how it fares in the words of `man 3 sd_notify`; without one, as
/// on a terminal, everything here does nothing.
struct ServiceManager: Sendable {
    private let socket: NotifySocket?
    /// How often `watchdog` must be said; half of what the manager waits before it thinks us dead. Nil: never.
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

    /// The service still works; to be said every `watchdogInterval`.
    func watchdog() { say("WATCHDOG=1") }

    /// One line for `systemctl status`.
    func status(_ status: String) { say("STATUS=\(status.split(whereSeparator: \.isNewline).joined(separator: " "))") }

    /// Reads settings anew: the manager waits with `systemctl reload` until it is done.
    func reloading(_ work: () async -> Void) async {
        // Without the time of `CLOCK_MONOTONIC` the manager could take an old READY for the answer to this reload.
        say("RELOADING=1\nMONOTONIC_USEC=\(Self.monotonicMicroseconds)")
        await work()
        ready()
    }

    /// What cannot be delivered is lost: there is nobody else to tell, and the manager notices by itself.
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
