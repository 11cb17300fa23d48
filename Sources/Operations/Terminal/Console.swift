import Basics
import CPlatform
package import Foundation
import Results

/// Standard output for results and `--json`; standard error for progress and messages.
package struct Console: Sendable {
    /// Whether standard input is a terminal, so that a question can be asked.
    package let inputIsTerminal: Bool

    /// The process's own standard streams.
    package static let standard = Console(
        output: TerminalOutput(STDOUT_FILENO), errors: TerminalOutput(STDERR_FILENO),
        inputIsTerminal: isatty(STDIN_FILENO) == 1)

    /// Prints nothing and asks nothing: the daemon logs instead.
    static let silent = Console(
        output: TerminalOutput(STDOUT_FILENO), errors: TerminalOutput(STDERR_FILENO), inputIsTerminal: false,
        isSilent: true)

    /// Collects the messages, and prints and asks nothing.
    static func collecting(_ notes: CollectedNotes) -> Console {
        Console(
            output: TerminalOutput(STDOUT_FILENO), errors: TerminalOutput(STDERR_FILENO), inputIsTerminal: false,
            isSilent: true, notes: notes)
    }

    /// Where results go, and what can be shown there.
    let results: TerminalOutput
    /// Whether progress is shown; other messages are, whatever this says.
    private(set) var showsProgress = true
    private let errors: TerminalOutput
    private let isSilent: Bool
    private let fault = OutputFault()
    private let line: ProgressOnTerminal
    private let notes: CollectedNotes?

    private init(
        output: TerminalOutput, errors: TerminalOutput, inputIsTerminal: Bool, isSilent: Bool = false,
        notes: CollectedNotes? = nil
    ) {
        (results, self.errors, self.inputIsTerminal, self.isSilent) = (output, errors, inputIsTerminal, isSilent)
        self.notes = notes
        line = ProgressOnTerminal(errors)
    }

    /// Writes to other descriptors, which stay the caller's, and asks nothing.
    init(
        outputTo output: Int32, errorsTo errors: Int32,
        environment: [String: String] = ProcessInfo.processInfo.environment
    ) {
        self.init(
            output: TerminalOutput(output, environment: environment),
            errors: TerminalOutput(errors, environment: environment), inputIsTerminal: false)
    }

    /// The same streams, without progress (`--quiet`).
    package var quiet: Console {
        var console = self
        console.showsProgress = false
        return console
    }

    /// Whether progress is rewritten in place; where it is not a line is printed now and then.
    var rewritesProgress: Bool { errors.abilities.rewrites }

    /// The file descriptor of standard output.
    var outputDescriptor: Int32 { results.descriptor }

    /// Writes one line of results to standard output. Once that cannot be written any more nothing is;
    /// ``settled(_:)`` says so in the end.
    package func output(_ line: String) { output(bytes: Array("\(line)\n".utf8)) }

    /// Writes a value to standard output as one line of JSON.
    package func output(json value: some Encodable) { output(JSONText.text(of: value)) }

    /// Writes bytes to standard output as they are.
    package func output(bytes: [UInt8]) {
        guard !isSilent, fault.code == nil, let code = write(bytes, to: results.descriptor) else { return }
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
        notes?.add(PlainText.lines(line))
        self.line.end { erasure in write("\(erasure ?? "")\(PlainText.lines(line))\n", to: errors.descriptor) }
    }

    /// Writes a message that only says how far things are: not with `--quiet`.
    func progressNote(_ line: String) {
        if showsProgress { note(line) }
    }

    /// Shows progress: in place on a terminal, as far as it fits there; as a line of its own elsewhere.
    func show(_ progress: ProgressLine) {
        guard showsProgress, !isSilent else { return }
        if rewritesProgress { redraw(progress.text(fitting:)) } else { note(progress.text) }
    }

    /// Rewrites the line of a terminal in place, with text for so many columns, less the last one.
    func redraw(_ text: @escaping @Sendable (_ columns: Int) -> StyledText) {
        guard showsProgress, !isSilent else { return }
        line.draw(text) { write($0, to: errors.descriptor) }
    }

    /// Draws the line of progress anew, for example in a terminal of another width.
    func redrawProgress() {
        line.drawAgain { write($0, to: errors.descriptor) }
    }

    /// Leaves the line of a terminal as it stands.
    func endProgress() {
        line.end { erasure in if erasure != nil { write("\n", to: errors.descriptor) } }
    }

    /// Asks a yes-or-no question on a terminal; anything but `y` or `yes` is no, and so is a stop.
    func confirms(_ question: String, unless isGivenUp: () -> Bool) async -> Bool {
        write("\(question) [y/N] ", to: errors.descriptor)
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

/// Messages that are shown otherwise than on a terminal.
final class CollectedNotes: Sendable {
    private let collected = Lock<[String]>([])

    /// Those so far, in their order.
    var lines: [String] { collected.withLock { $0 } }

    fileprivate func add(_ line: String) { collected.withLock { $0.append(line) } }
}

/// Small values as one line of JSON for scripts; records and answers never pass here.
enum JSONText {
    static func text(of value: some Encodable) -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        // JSONEncoder fails only for a number that is not finite; JSON has no form for it, so that `null` stands there.
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
    private let state = Lock<Int32?>(nil)

    /// `errno` of the write that failed; nil while all have arrived.
    var code: Int32? {
        get { state.withLock { $0 } }
        set { state.withLock { $0 = newValue } }
    }
}

/// Standard output cannot be written any more; ``Console/settled(_:)`` reports why.
package struct OutputLost: Error, Sendable {}

/// The line of progress that stands on a terminal and is not ended, for all who share a console.
///
/// It is drawn again in place, in the terminal's width of that moment. Text between two drawings must pass through
/// ``end(_:)``, so that it does not stand after the line.
private final class ProgressOnTerminal: Sendable {
    private struct Line {
        let text: @Sendable (_ columns: Int) -> StyledText
        /// Columns that it fills.
        let width: Int
    }

    private let output: TerminalOutput
    private let line = Lock<Line?>(nil)

    /// No line stands there yet.
    init(_ output: TerminalOutput) { self.output = output }

    /// Puts a line in the place of the one that stands there, or begins one.
    ///
    /// - Parameters:
    ///   - text: The line for so many columns; the last one stays free.
    ///   - write: Gets what brings it there.
    func draw(_ text: @escaping @Sendable (_ columns: Int) -> StyledText, _ write: (String) -> Void) {
        line.withLock { draw(text, over: &$0, write) }
    }

    /// Puts the same line there in the terminal's present width; nothing where none stands there.
    func drawAgain(_ write: (String) -> Void) {
        line.withLock { line in
            if let text = line?.text { draw(text, over: &line, write) }
        }
    }

    /// Ends the line.
    ///
    /// - Parameter write: Gets what erases it; nil where none stood there.
    func end(_ write: (_ erasure: String?) -> Void) {
        line.withLock { line in
            write(line.map { erasure(of: $0, columns: output.size.columns) })
            line = nil
        }
    }

    private func draw(
        _ text: @escaping @Sendable (_ columns: Int) -> StyledText, over line: inout Line?, _ write: (String) -> Void
    ) {
        let columns = output.size.columns
        // A terminal that has written into its last column may wrap.
        let shown = text(columns).shortened(to: max(1, columns - 1))
        let start = line.map { erasure(of: $0, columns: columns) } ?? TerminalControl.eraseFromLineStart
        write(start + output.rendered(shown))
        line = Line(text: text, width: shown.count)
    }

    /// A terminal that has become narrower meanwhile has broken the line into several, the cursor in the last.
    private func erasure(of line: Line, columns: Int) -> String {
        TerminalControl.up(max(0, line.width - 1) / columns) + TerminalControl.eraseFromLineStart
    }
}
