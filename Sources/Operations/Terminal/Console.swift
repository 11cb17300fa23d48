import Basics
import CPlatform
package import Foundation
import Results
import Synchronization

/// Standard output for results and `--json`; standard error for progress and messages.
package struct Console: Sendable {
    /// Whether standard error is a terminal, so that a progress line may be rewritten in place.
    package let errorIsTerminal: Bool
    /// Whether standard input is a terminal, so that a question can be asked.
    package let inputIsTerminal: Bool

    /// The process's own standard streams.
    package static let standard = Console(
        errorIsTerminal: isatty(STDERR_FILENO) == 1, inputIsTerminal: isatty(STDIN_FILENO) == 1)

    /// Prints nothing and asks nothing: the daemon logs instead.
    static let silent = Console(errorIsTerminal: false, inputIsTerminal: false, isSilent: true)

    /// The file descriptor of standard output.
    let outputDescriptor: Int32
    private let errorDescriptor: Int32
    private let isSilent: Bool
    private let fault = OutputFault()
    private let line = OpenLine()

    private init(errorIsTerminal: Bool, inputIsTerminal: Bool, isSilent: Bool = false) {
        self.errorIsTerminal = errorIsTerminal
        self.inputIsTerminal = inputIsTerminal
        self.isSilent = isSilent
        (outputDescriptor, errorDescriptor) = (STDOUT_FILENO, STDERR_FILENO)
    }

    /// Writes to other descriptors, neither of them a terminal, and asks nothing. They stay the caller's.
    init(outputTo output: Int32, errorsTo errors: Int32) {
        (errorIsTerminal, inputIsTerminal, isSilent) = (false, false, false)
        (outputDescriptor, errorDescriptor) = (output, errors)
    }

    /// Writes one line of results to standard output. Once that cannot be written any more nothing is;
    /// ``settled(_:)`` says so in the end.
    package func output(_ line: String) { output(bytes: Array("\(line)\n".utf8)) }

    /// Writes a value to standard output as one line of JSON.
    package func output(json value: some Encodable) { output(JSONText.text(of: value)) }

    /// Writes bytes to standard output as they are.
    package func output(bytes: [UInt8]) {
        guard !isSilent, fault.code == nil, let code = write(bytes, to: outputDescriptor) else { return }
        fault.code = code
    }

    /// For long output: there is no use in continuing when it does not arrive.
    ///
    /// - Throws: ``OutputLost``.
    func requireOutput() throws {
        if fault.code != nil { throw OutputLost() }
    }

    /// The status of a command that ends with `status`, once its output is known to have arrived. A reader that has
    /// seen enough, such as `head`, is not an error (`man 2 write`, EPIPE).
    package func settled(_ status: ExitStatus) -> ExitStatus {
        guard let code = fault.code, code != EPIPE else { return status }
        note(
            "rollcall: standard output cannot be written (\(String(cString: strerror(code)))); make room, or send it "
                + "elsewhere")
        return .unfinished
    }

    /// Writes one message line to standard error, without what could steer a terminal: a file's name may hold it.
    /// It takes the place of a line of progress that stands there.
    package func note(_ line: String) {
        let start = self.line.close() ? Self.erase : ""
        write("\(start)\(PlainText.lines(line))\n", to: errorDescriptor)
    }

    /// Rewrites the line of a terminal in place, as far as it fits there.
    ///
    /// - Parameter text: The line for so many columns.
    func redraw(_ text: (_ columns: Int) -> String) {
        let columns = errorColumns
        let flat = PlainText.lines(text(columns)).replacing("\n", with: " ").prefix(max(1, columns - 1))
        line.open()
        write("\(Self.erase)\(flat)", to: errorDescriptor)
    }

    /// Rewrites the line of a terminal in place with progress that fits there.
    func redraw(_ progress: ProgressLine) { redraw(progress.text(fitting:)) }

    /// Leaves the line of a terminal as it stands.
    func dequeue() {
        if line.close() { write("\n", to: errorDescriptor) }
    }

    /// Carriage return, erase to end of line (ECMA-48, CR and EL).
    private static let erase = "\r\u{1B}[K"

    /// The width of the terminal at the moment; 80 if it is unknown.
    private var errorColumns: Int {
        let columns = Int(rollcall_terminal_columns(errorDescriptor))
        return columns > 0 ? columns : 80
    }

    /// Asks a yes-or-no question on a terminal; anything but `y` or `yes` is no, and so is a stop.
    func confirms(_ question: String, unless isGivenUp: () -> Bool) async -> Bool {
        write("\(question) [y/N] ", to: errorDescriptor)
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

    /// Progress and messages: that they do not arrive is no reason to stop a run.
    private func write(_ text: String, to descriptor: Int32) {
        guard !isSilent else { return }
        _ = write(Array(text.utf8), to: descriptor)
    }

    /// Writes all bytes; returns `errno` if that failed.
    private func write(_ bytes: [UInt8], to descriptor: Int32) -> Int32? {
        do throws(SystemFault) {
            try SystemCall.write(bytes, to: descriptor)
            return nil
        } catch {
            return error.code
        }
    }
}

/// Whether a line of progress stands on the terminal that is not ended, for all who share a console.
private final class OpenLine: Sendable {
    private let isOpen = Mutex(false)

    func open() { isOpen.withLock { $0 = true } }

    /// Ends it, and returns whether there was one.
    func close() -> Bool {
        isOpen.withLock { isOpen in
            defer { isOpen = false }
            return isOpen
        }
    }
}

/// Small values as one line of JSON for scripts; records and answers never pass here.
enum JSONText {
    static func text(of value: some Encodable) -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return (try? encoder.encode(value)).map { String(decoding: $0, as: UTF8.self) } ?? "null"
    }
}

/// Times as every JSON of Rollcall has them: ISO 8601 in UTC with milliseconds.
package enum JSONTime {
    /// `2026-01-31T22:00:00.250Z`.
    package static func text(_ date: Date) -> String {
        Timestamp.text(WallTime(date))
    }
}

/// Why standard output cannot be written any more, for all who share a console.
final class OutputFault: Sendable {
    private let state = Mutex<Int32?>(nil)

    /// `errno` of the write that failed; nil while all have arrived.
    var code: Int32? {
        get { state.withLock { $0 } }
        set { state.withLock { $0 = newValue } }
    }
}

/// Standard output cannot be written any more; ``Console/settled(_:)`` reports why.
package struct OutputLost: Error, Sendable {}
