import Basics
import CPlatform
import Foundation
import UnixSignals

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

/// One line of text, parts of which mean something that colour brings out. Colour never says anything that the words do
/// not.
struct StyledText: Equatable, Sendable {
    /// What a part means.
    enum Tone: Equatable, Sendable {
        /// Goes as it should.
        case good
        /// Needs somebody.
        case bad
        /// May need somebody.
        case doubtful
        /// Matters less.
        case faint
        /// A heading.
        case strong
    }

    private struct Span: Equatable {
        var text: String
        var tone: Tone?
    }

    private var spans: [Span]

    /// Text that means one thing.
    init(_ text: String = "", _ tone: Tone? = nil) {
        spans = text.isEmpty ? [] : [Span(text: text, tone: tone)]
    }

    /// The characters.
    var plain: String { spans.map(\.text).joined() }

    /// How many characters it has, each of which is taken to fill one column.
    var count: Int { spans.reduce(0) { $0 + $1.text.count } }

    static func += (text: inout StyledText, other: StyledText) { text.spans += other.spans }

    static func + (text: StyledText, other: StyledText) -> StyledText {
        var sum = text
        sum += other
        return sum
    }

    /// Its beginning, in at most so many columns; what is cut off shows as an ellipsis.
    func shortened(to columns: Int) -> StyledText {
        guard count > columns else { return self }
        var (left, kept) = (max(0, columns - 1), StyledText())
        for span in spans {
            kept += StyledText(String(span.text.prefix(left)), span.tone)
            left -= min(left, span.text.count)
        }
        return columns > 0 ? kept + StyledText("…") : kept
    }

    /// The text for a terminal: without what could steer it, and in colour where that is wanted.
    func rendered(inColor showsColor: Bool) -> String {
        spans.map { span in
            let text = PlainText.line(span.text)
            guard showsColor, let tone = span.tone else { return text }
            return "\u{1B}[\(tone.parameter)m\(text)\u{1B}[0m"
        }.joined()
    }
}

extension StyledText.Tone {
    /// Select graphic rendition (ECMA-48, SGR): the terminal's own green, red, yellow, faint and bold, which its owner
    /// has chosen for a light or a dark ground.
    fileprivate var parameter: Int {
        switch self {
        case .good: 32
        case .bad: 31
        case .doubtful: 33
        case .faint: 2
        case .strong: 1
        }
    }
}

extension [StyledText] {
    /// Lines wherever they go, in colour or not.
    func rendered(on output: TerminalOutput) -> String { map(output.rendered).joined(separator: "\n") }
}

/// A terminal's whole screen, drawn anew every second until the operator leaves by `q` or a signal comes; the screen as
/// it was before returns then.
struct FullScreen {
    /// Where the keys come from.
    let keys: Int32
    let output: TerminalOutput
    /// How often what is shown is read anew.
    private static let interval = Duration.seconds(1)
    /// How often keys and the terminal's size are looked at: often enough to seem immediate.
    private static let tick = Duration.milliseconds(100)

    /// Shows content until the operator leaves.
    ///
    /// - Parameter content: What stands there, the screen's lines.
    /// - Throws: What `content` throws, when the screen is as it was before.
    func show(_ content: @escaping @Sendable (TerminalOutput.Size) async throws -> [StyledText]) async throws {
        let signals = await UnixSignalsSequence(trapping: .sigint, .sigterm, .sighup)
        let settings = KeyboardSettings(keys)
        write(TerminalControl.enterFullScreen)
        defer {
            write(TerminalControl.leaveFullScreen)
            settings?.restore()
        }
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { for await _ in signals { return } }
            group.addTask { try await redraw(content) }
            // Whichever ends first ends the other.
            try await group.next()
            group.cancelAll()
        }
    }

    private func redraw(
        _ content: @Sendable (TerminalOutput.Size) async throws -> [StyledText]
    ) async throws {
        var (drawn, size) = (ContinuousClock.Instant?.none, output.size)
        while !isLeft() {
            if output.size != size || drawn.map({ .now - $0 >= Self.interval }) ?? true {
                size = output.size
                draw(try await content(size))
                drawn = .now
            }
            // Cancelled: a signal has come.
            guard (try? await Task.sleep(for: Self.tick)) != nil else { return }
        }
    }

    private func draw(_ lines: [StyledText]) {
        let text = lines.map { output.rendered($0) + TerminalControl.eraseToLineEnd }
        write(TerminalControl.home + text.joined(separator: "\r\n") + TerminalControl.eraseToScreenEnd)
    }

    /// Whether `q`, Ctrl-C or the end of input has been typed.
    private func isLeft() -> Bool {
        var descriptor = pollfd(fd: keys, events: Int16(POLLIN), revents: 0)
        guard isatty(keys) == 1, poll(&descriptor, 1, 0) > 0 else { return false }
        var typed = [UInt8](repeating: 0, count: 16)
        let count = read(keys, &typed, typed.count)
        return count <= 0 || typed.prefix(count).contains { [UInt8(ascii: "q"), UInt8(ascii: "Q"), 3, 4].contains($0) }
    }

    /// That a frame does not arrive is no reason to stop; the next one may.
    private func write(_ text: String) { try? SystemCall.write(Array(text.utf8), to: output.descriptor) }
}

/// A terminal that hands over each key as it is typed, without showing it (`man 3 termios`).
private struct KeyboardSettings {
    private let descriptor: Int32
    private let before: termios

    /// Switches the terminal over; nil where the descriptor is none.
    init?(_ descriptor: Int32) {
        var settings = termios()
        guard tcgetattr(descriptor, &settings) == 0 else { return nil }
        (self.descriptor, before) = (descriptor, settings)
        settings.c_lflag &= ~tcflag_t(ICANON | ECHO | ISIG)
        guard tcsetattr(descriptor, TCSANOW, &settings) == 0 else { return nil }
    }

    /// Makes the terminal what it was.
    func restore() {
        var settings = before
        _ = tcsetattr(descriptor, TCSANOW, &settings)
    }
}
