import Foundation

/// A terminal in which a test types, and whose other end a process has as its standard input.
final class PseudoTerminal {
    struct Unavailable: Error {}

    /// For the process.
    let end: FileHandle
    private let keyboard: FileHandle

    init() throws {
        var (master, slave) = (Int32(-1), Int32(-1))
        guard openpty(&master, &slave, nil, nil, nil) == 0 else { throw Unavailable() }
        for descriptor in [master, slave] { _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC) }
        keyboard = FileHandle(fileDescriptor: master, closeOnDealloc: true)
        end = FileHandle(fileDescriptor: slave, closeOnDealloc: true)
    }

    func type(_ text: String) throws {
        try keyboard.write(contentsOf: Data(text.utf8))
    }
}
