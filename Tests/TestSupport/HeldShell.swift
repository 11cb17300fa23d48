import CPlatform
import Foundation
import Glibc

/// A shell script that says one line when what it started is ready, and ends what it started when its input ends: with
/// this process, however that ends.
///
/// It is spawned directly: Foundation's `Process` reads past the descriptors it has counted where other threads open files.
package final class HeldShell: Sendable {
    /// What the script said; empty where it ended without a word.
    package let line: String
    private let process: pid_t
    private let input: Int32

    /// Starts a script with arguments, and waits for its line.
    package init(_ script: String, _ arguments: [String] = []) throws {
        var (input, output) = ([Int32](repeating: 0, count: 2), [Int32](repeating: 0, count: 2))
        guard pipe(&input) == 0, pipe(&output) == 0 else { throw POSIXError(.init(rawValue: errno) ?? .EIO) }
        // A child of another test's must not hold them open.
        for descriptor in input + output { _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC) }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_adddup2(&actions, input[0], 0)
        posix_spawn_file_actions_adddup2(&actions, output[1], 1)
        // It may live long, and would hold the listening sockets of servers that have ended here.
        _ = rollcall_spawn_without(&actions, STDERR_FILENO + 1)
        let words = ["/bin/sh", "-c", script, "sh"] + arguments
        let pointers = words.map { strdup($0) } + [nil]
        defer { pointers.forEach { free($0) } }
        var child = pid_t()
        let result = posix_spawn(&child, "/bin/sh", &actions, nil, pointers, environ)
        close(input[0])
        close(output[1])
        guard result == 0 else { throw POSIXError(.init(rawValue: result) ?? .EIO) }
        (process, self.input) = (child, input[1])
        line = Self.line(from: output[0])
        close(output[0])
    }

    /// Ends it, and returns when what it started has ended.
    package func end() {
        close(input)
        var status: Int32 = 0
        waitpid(process, &status, 0)
    }

    private static func line(from descriptor: Int32) -> String {
        var (bytes, byte) = ([UInt8](), UInt8(0))
        while read(descriptor, &byte, 1) == 1, byte != UInt8(ascii: "\n") { bytes.append(byte) }
        return String(decoding: bytes, as: UTF8.self)
    }
}
