import Foundation

/// The log of calls as a file of lines: opened once, each line one `write(2)`.
struct CallLogFile: Sendable {
    private final class Descriptor: Sendable {
        let number: Int32

        init(takingOwnership number: Int32) {
            self.number = number
        }

        deinit {
            close(number)
        }
    }

    /// How many lines the file held when it was opened.
    let lines: Int
    private let descriptor: Descriptor

    init(path: String) throws(EmulatorError) {
        let number = open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
        guard number >= 0 else { throw .log(Self.reason()) }
        descriptor = Descriptor(takingOwnership: number)
        lines = try Self.countLines(of: number)
    }

    /// Appends the line; returns once the kernel has all of it.
    func append(_ line: [UInt8]) throws(EmulatorError) {
        guard PrivateFile.write(line, to: descriptor.number) else { throw .log(Self.reason()) }
    }

    /// The lines of a file; 0 for a device or a pipe.
    private static func countLines(of descriptor: Int32) throws(EmulatorError) -> Int {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw .log(reason()) }
        guard status.st_mode & S_IFMT == S_IFREG else { return 0 }
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        var lines = 0
        while true {
            let count = buffer.withUnsafeMutableBytes { read(descriptor, $0.baseAddress, $0.count) }
            guard count >= 0 else { throw .log(reason()) }
            if count == 0 { return lines }
            lines += buffer[..<count].count { $0 == UInt8(ascii: "\n") }
        }
    }

    private static func reason() -> String {
        String(cString: strerror(errno))
    }
}
