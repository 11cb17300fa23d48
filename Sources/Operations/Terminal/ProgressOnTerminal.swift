import Basics

/// The line of progress that stands on a terminal and is not ended, for all who share a console.
///
/// It is drawn again in place, in the terminal's width of that moment. Text between two drawings must pass through
/// ``end(_:)``, so that it does not stand behind the line.
final class ProgressOnTerminal: Sendable {
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
