import Foundation
import Synchronization

/// Standard output for results and `--json`; standard error for progress and messages.
public struct Console: Sendable {
    /// Whether standard error is a terminal, so that a progress line may be rewritten in place.
    public let errorIsTerminal: Bool
    /// Whether standard input is a terminal, so that a question can be asked.
    public let inputIsTerminal: Bool

    /// The process's own standard streams.
    public static let standard = Console(
        errorIsTerminal: isatty(STDERR_FILENO) == 1, inputIsTerminal: isatty(STDIN_FILENO) == 1)

    /// Says nothing and asks nobody: the daemon logs instead.
    static let silent = Console(errorIsTerminal: false, inputIsTerminal: false, isSilent: true)

    private let isSilent: Bool

    private init(errorIsTerminal: Bool, inputIsTerminal: Bool, isSilent: Bool = false) {
        self.errorIsTerminal = errorIsTerminal
        self.inputIsTerminal = inputIsTerminal
        self.isSilent = isSilent
    }

    /// Writes one line of results to standard output.
    public func output(_ line: String) { write("\(line)\n", to: STDOUT_FILENO) }

    /// Writes one message line to standard error.
    public func note(_ line: String) { write("\(line)\n", to: STDERR_FILENO) }

    /// Rewrites the progress line of a terminal in place (ECMA-48: carriage return, erase to end of line).
    func redraw(_ line: String) { write("\r\(line)\u{1B}[K", to: STDERR_FILENO) }

    /// Asks a yes-or-no question on a terminal; anything but `y` or `yes` is no, and so is giving up.
    func confirms(_ question: String, unless isGivenUp: () -> Bool) async -> Bool {
        write("\(question) [y/N] ", to: STDERR_FILENO)
        // A terminal hands over whole lines, so reading does not wait once there is something to read.
        while !inputIsReady {
            if isGivenUp() { return false }
            guard (try? await Task.sleep(for: .milliseconds(100))) != nil else { return false }
        }
        return ["y", "yes"].contains(readLine()?.lowercased().trimmingCharacters(in: .whitespaces) ?? "")
    }

    private var inputIsReady: Bool {
        var descriptor = pollfd(fd: STDIN_FILENO, events: Int16(POLLIN), revents: 0)
        return poll(&descriptor, 1, 0) > 0
    }

    private func write(_ text: String, to descriptor: Int32) {
        guard !isSilent else { return }
        var bytes = Array(text.utf8)[...]
        while !bytes.isEmpty {
            let written = bytes.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if written < 0, errno == EINTR { continue }
            guard written > 0 else { return }
            bytes = bytes.dropFirst(written)
        }
    }
}
