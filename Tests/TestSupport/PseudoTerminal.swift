import CPlatform
package import Foundation

/// A terminal in which a test types and reads what stands there, and whose other end a process or a console has.
package final class PseudoTerminal {
    struct Unavailable: Error {}

    /// For the process.
    package let end: FileHandle
    private let keyboard: FileHandle

    /// A new terminal.
    ///
    /// - Parameters:
    ///   - columns: Its width.
    ///   - rows: Its height.
    /// - Throws: Where the system has none.
    package init(columns: Int = 80, rows: Int = 24) throws {
        var (master, slave) = (Int32(-1), Int32(-1))
        guard openpty(&master, &slave, nil, nil, nil) == 0 else { throw Unavailable() }
        for descriptor in [master, slave] { _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC) }
        keyboard = FileHandle(fileDescriptor: master, closeOnDealloc: true)
        end = FileHandle(fileDescriptor: slave, closeOnDealloc: true)
        resize(columns: columns, rows: rows)
    }

    /// Gives it another size; its foreground process, where it has one, gets SIGWINCH.
    package func resize(columns: Int, rows: Int = 24) {
        var size = winsize(ws_row: UInt16(rows), ws_col: UInt16(columns), ws_xpixel: 0, ws_ypixel: 0)
        _ = ioctl(keyboard.fileDescriptor, UInt(TIOCSWINSZ), &size)
    }

    /// Types on it.
    package func type(_ text: String) throws {
        try keyboard.write(contentsOf: Data(text.utf8))
    }

    /// What was written to it since this was last asked, without waiting.
    package func written() -> String {
        var (bytes, poll) = ([UInt8](), pollfd(fd: keyboard.fileDescriptor, events: Int16(POLLIN), revents: 0))
        while Glibc.poll(&poll, 1, 0) > 0, poll.revents & Int16(POLLIN) != 0 {
            var part = [UInt8](repeating: 0, count: 4_096)
            let count = read(keyboard.fileDescriptor, &part, part.count)
            guard count > 0 else { break }
            bytes += part.prefix(count)
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Whether the terminal echoes what is typed, and hands it over line by line.
    package var isLineByLine: Bool {
        var settings = termios()
        return tcgetattr(end.fileDescriptor, &settings) == 0 && settings.c_lflag & tcflag_t(ICANON | ECHO) != 0
    }
}
