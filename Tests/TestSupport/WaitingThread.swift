import Foundation

/// A thread of this process, as the kernel shows what it waits for.
public struct WaitingThread: Sendable {
    private let path: String

    /// The calling thread.
    ///
    /// - Throws: When `/proc` can't be read.
    public static func current() throws -> WaitingThread {
        // `man 5 proc`: its target is the thread's folder, PID/task/TID.
        let target = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/thread-self")
        return WaitingThread(path: "/proc/\(target)/syscall")
    }

    /// Waits until the thread waits with a time limit, and says which clock that is a time of.
    ///
    /// - Returns: Whether it is the wall clock.
    /// - Throws: When the thread has ended, or the test's time is over.
    public func waitsByWallClock() async throws -> Bool {
        try await waitFor {
            // The system call's number, then its parameters in hexadecimal: the word waited for, the operation.
            let fields = try String(contentsOfFile: path, encoding: .utf8).split(separator: " ")
            guard fields.count > 4, fields[0] == Self.futex, fields[4] != "0x0",
                let operation = Int(fields[2].dropFirst(2), radix: 16), operation & Self.command == Self.waitUntil
            else { return nil }
            return operation & Self.wallClock != 0
        }
    }

    #if arch(arm64)
        private static let futex = "98"
    #else
        private static let futex = "202"
    #endif
    // `linux/futex.h`: FUTEX_CMD_MASK, FUTEX_WAIT_BITSET, whose time limit is a time, and FUTEX_CLOCK_REALTIME.
    private static let command = 0x7f
    private static let waitUntil = 9
    private static let wallClock = 256
}
