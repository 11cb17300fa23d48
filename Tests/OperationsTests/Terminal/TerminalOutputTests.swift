import Foundation
import TestSupport
import Testing

@testable import Operations

@Suite("What a terminal is given")
struct TerminalOutputTests {
    @Test(
        "TERM=dumb, no TERM, pipes and NO_COLOR are heeded",
        arguments: [
            (true, ["TERM": "xterm-256color"], true, true),
            (true, ["TERM": "xterm", "NO_COLOR": "1"], true, false),
            // no-color.org: present and not an empty string.
            (true, ["TERM": "xterm", "NO_COLOR": ""], true, true),
            (true, ["TERM": "dumb"], false, false), (true, [:], false, false), (true, ["TERM": ""], false, false),
            (false, ["TERM": "xterm"], false, false),
        ] as [(Bool, [String: String], Bool, Bool)])
    func abilities(isTerminal: Bool, environment: [String: String], rewrites: Bool, showsColor: Bool) {
        let abilities = TerminalOutput.Abilities(isTerminal: isTerminal, environment: environment)
        #expect(abilities.rewrites == rewrites && abilities.showsColor == showsColor)
    }

    @Test("Colour surrounds words, takes no room, and what could steer the terminal is taken out of them")
    func styled() {
        let text = StyledText("a\u{1B}[2Jb", .bad) + StyledText(": 1")
        #expect(text.rendered(inColor: false) == "a?[2Jb: 1")
        #expect(text.rendered(inColor: true) == "\u{1B}[31ma?[2Jb\u{1B}[0m: 1")
        #expect(text.count == 9 && text.shortened(to: 9) == text)
        #expect(text.shortened(to: 7).rendered(inColor: true) == "\u{1B}[31ma?[2Jb\u{1B}[0m…")
        #expect(text.shortened(to: 3).plain == "a\u{1B}…" && text.shortened(to: 0).plain.isEmpty)
    }

    @Test("The size is the terminal's; where there is none it is the usual one, and text may have any width")
    func size() throws {
        let terminal = try PseudoTerminal(columns: 97, rows: 31)
        let output = TerminalOutput(terminal.end.fileDescriptor, environment: ["TERM": "xterm"])
        #expect(output.size == TerminalOutput.Size(columns: 97, rows: 31) && output.columns == 97)
        terminal.resize(columns: 40)
        #expect(output.size.columns == 40)
        let pipe = Pipe()
        let other = TerminalOutput(pipe.fileHandleForWriting.fileDescriptor, environment: ["TERM": "xterm"])
        #expect(other.size == .usual && other.columns == nil && other.abilities == .none)
    }
}

@Suite("Progress on a terminal")
struct ProgressOnTerminalTests {
    private static let erase = "\r\u{1B}[J"

    private static func line(_ done: Int) -> ProgressLine {
        var line = ProgressLine(name: "night-1", total: 1_000, done: done)
        (line.rate, line.failed) = (200, 20)
        return line
    }

    private static func console(_ terminal: PseudoTerminal, _ environment: [String: String]) -> Console {
        let descriptor = terminal.end.fileDescriptor
        return Console(outputTo: descriptor, errorsTo: descriptor, environment: environment)
    }

    @Test("It is rewritten in place in the terminal's width, again when that changes, and gives way to a message")
    func inPlace() throws {
        let terminal = try PseudoTerminal(columns: 40)
        let console = Self.console(terminal, ["TERM": "xterm", "NO_COLOR": "1"])
        console.show(Self.line(400))
        let narrow = "night-1: 400/1,000, ETA 3s, 20 failed"
        #expect(terminal.written() == Self.erase + narrow)
        terminal.resize(columns: 100)
        console.redrawProgress()
        let wide = "night-1: [============                  ] 400/1,000 (40%), 200/s, ETA 3s, 0 retries, 20 failed"
        #expect(terminal.written() == Self.erase + wide)
        // The terminal has broken the 88 columns into three lines; the cursor stands in the last.
        terminal.resize(columns: 40)
        console.redrawProgress()
        #expect(terminal.written() == "\u{1B}[2A" + Self.erase + narrow)
        console.note("calls continue")
        #expect(terminal.written() == Self.erase + "calls continue\r\n")
        console.redrawProgress()
        console.endProgress()
        #expect(terminal.written().isEmpty)
        console.show(Self.line(1_000))
        console.endProgress()
        #expect(terminal.written().hasSuffix("failed\r\n"))
    }

    @Test("A dumb terminal gets lines of their own, without colour; with --quiet there are messages alone")
    func plain() throws {
        let terminal = try PseudoTerminal(columns: 40)
        let dumb = Self.console(terminal, ["TERM": "dumb"])
        dumb.show(Self.line(400))
        #expect(terminal.written() == "night-1: 400/1,000 (40%), 200/s, ETA 3s, 0 retries, 20 failed\r\n")
        for console in [dumb.quiet, Self.console(terminal, ["TERM": "xterm"]).quiet] {
            console.show(Self.line(400))
            console.redraw { _ in StyledText("taken in 10%") }
            console.endProgress()
            #expect(terminal.written().isEmpty)
            console.note("halted")
            #expect(terminal.written() == "halted\r\n")
        }
    }
}

@Suite("A full screen", .timeLimit(.minutes(15)))
struct FullScreenTests {
    @Test(
        "It is drawn until q or Ctrl-C is typed; then the screen and the keyboard are what they were",
        arguments: ["q", "\u{3}"])
    func leaving(key: String) async throws {
        let terminal = try PseudoTerminal(columns: 50, rows: 5)
        let output = TerminalOutput(terminal.end.fileDescriptor, environment: ["TERM": "xterm", "NO_COLOR": "1"])
        let (drawn, draws) = AsyncStream<TerminalOutput.Size>.makeStream()
        let screen = FullScreen(keys: terminal.end.fileDescriptor, output: output)
        async let shown: Void = screen.show { size in
            draws.yield(size)
            return [StyledText("first"), StyledText("last")]
        }
        for await size in drawn {
            #expect(size == TerminalOutput.Size(columns: 50, rows: 5) && !terminal.isLineByLine)
            break
        }
        try terminal.type(key)
        try await shown
        // The terminal puts a CR before each LF.
        let text = terminal.written().replacing("\r\r\n", with: "\r\n")
        #expect(text.hasPrefix("\u{1B}[?1049h") && text.hasSuffix("\u{1B}[?1049l"), "\(text.debugDescription)")
        #expect(text.contains("\u{1B}[Hfirst\u{1B}[K\r\nlast\u{1B}[K\u{1B}[J"), "\(text.debugDescription)")
        #expect(terminal.isLineByLine)
    }

    @Test("What cannot be read ends it, and the screen is what it was")
    func failing() async throws {
        struct Unreadable: Error {}
        let terminal = try PseudoTerminal()
        let output = TerminalOutput(terminal.end.fileDescriptor, environment: ["TERM": "xterm"])
        await #expect(throws: Unreadable.self) {
            try await FullScreen(keys: terminal.end.fileDescriptor, output: output).show { _ in throw Unreadable() }
        }
        #expect(terminal.written().hasSuffix("\u{1B}[?1049l") && terminal.isLineByLine)
    }
}
