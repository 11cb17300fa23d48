import Basics
import CPlatform
import Foundation

/// A stream to which text for people goes, and what it can show.
struct TerminalOutput: Sendable {
    /// What can be shown there. A pure rule.
    struct Abilities: Equatable {
        /// Whether what stands there can be rewritten in place.
        let rewrites: Bool
        /// Whether it shows colour.
        let showsColor: Bool

        /// A file, or a pipe.
        static let none = Abilities(isTerminal: false, environment: [:])

        /// Judges a stream: `TERM=dumb`, and a terminal that names no type, cannot move the cursor; `NO_COLOR`, set to
        /// anything but nothing, forbids colour (<https://no-color.org>).
        init(isTerminal: Bool, environment: [String: String]) {
            let type = environment["TERM"] ?? ""
            rewrites = isTerminal && !type.isEmpty && type != "dumb"
            showsColor = rewrites && (environment["NO_COLOR"] ?? "").isEmpty
        }
    }

    /// The size of a terminal.
    struct Size: Equatable {
        var columns: Int
        var rows: Int

        /// That of a terminal that does not say.
        static let usual = Size(columns: 80, rows: 24)
    }

    let descriptor: Int32
    let abilities: Abilities

    /// Describes an open stream, which stays the caller's.
    init(_ descriptor: Int32, environment: [String: String] = ProcessInfo.processInfo.environment) {
        self.descriptor = descriptor
        abilities = Abilities(isTerminal: isatty(descriptor) == 1, environment: environment)
    }

    /// The terminal's size at the moment.
    var size: Size {
        var (columns, rows) = (Int32(0), Int32(0))
        guard rollcall_terminal_size(descriptor, &columns, &rows) == 0 else { return .usual }
        return Size(columns: Int(columns), rows: Int(rows))
    }

    /// The width that text has to fit into; nil where it may be of any width.
    var columns: Int? { abilities.rewrites ? size.columns : nil }

    /// Text as this stream shows it.
    func rendered(_ text: StyledText) -> String { text.rendered(inColor: abilities.showsColor) }
}

/// Sequences that steer a terminal (ECMA-48; the private modes are xterm's, which all others follow).
enum TerminalControl {
    /// Carriage return, erase to the end of the screen (CR, ED).
    static let eraseFromLineStart = "\r\u{1B}[J"
    /// Erase to the end of the line (EL).
    static let eraseToLineEnd = "\u{1B}[K"
    /// Erase to the end of the screen (ED).
    static let eraseToScreenEnd = "\u{1B}[J"
    /// To the upper left corner (CUP).
    static let home = "\u{1B}[H"
    /// The alternate screen, without a cursor and without wrapping (DECSET 1049, DECTCEM, DECAWM).
    static let enterFullScreen = "\u{1B}[?1049h\u{1B}[?25l\u{1B}[?7l"
    /// The screen as it was before.
    static let leaveFullScreen = "\u{1B}[?7h\u{1B}[?25h\u{1B}[?1049l"

    /// Up so many lines (CUU); nothing for 0.
    static func up(_ lines: Int) -> String { lines > 0 ? "\u{1B}[\(lines)A" : "" }
}
