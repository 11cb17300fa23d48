import Foundation
import Testing

/// The whole tool against the emulator, eight tests at a time: each has processes and a server of its own and mostly waits
/// for them, but many tests that compete for two processors would only show that calls time out.
///
/// What waits for something that does not come is a finding of its own after a quarter of an hour, and not a run of tests that
/// never ends: a wait ends then (see `waitUntil`), and a process has ended before (see ``RollcallProcess``).
@Suite("End to end", .timeLimit(.minutes(15 + minutesOfHistories)))
enum EndToEnd {
    /// What is sent and answered.
    @Suite("Calls, end to end", .serialized)
    enum Calls {}

    /// What is paid, and what need not be paid again.
    @Suite("Money, end to end", .serialized)
    enum Money {}

    /// Commands, files and what they say.
    @Suite("Commands, end to end", .serialized)
    enum Commands {}

    /// Daemons, signals, disks, and places that change meanwhile.
    @Suite("Processes, end to end", .serialized)
    enum Processes {}

    /// Several nodes, of which one dies: these mostly wait.
    @Suite("Nodes, end to end", .serialized)
    enum Nodes {}

    /// Several nodes that share folders: these wait for due times.
    @Suite("Shared folders, end to end", .serialized)
    enum Sharing {}

    /// Kills, copies, moves, and histories.
    @Suite("Recovery, end to end", .serialized)
    enum Recovery {}

    /// The administration in a browser, and what is measured there.
    @Suite("Pages, end to end", .serialized)
    enum Pages {}
}

/// How many minutes `make histories` goes on.
private let minutesOfHistories = ProcessInfo.processInfo.environment["HISTORIES_MINUTES"].flatMap(Int.init) ?? 0
