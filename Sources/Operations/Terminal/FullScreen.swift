import Basics
import Foundation
import UnixSignals

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
