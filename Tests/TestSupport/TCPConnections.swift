import Foundation

/// What the system says of the machine's TCP connections over IPv4 (`man 5 proc`, /proc/net/tcp).
package struct TCPConnections {
    /// One end of a connection, as its process has it.
    private struct End {
        /// Address and port in hexadecimal.
        let remote: Substring
        /// 01: open for all that end knows.
        let state: Substring
        /// Bytes that have come and were not read.
        let unread: Int
    }

    private let ends: [End]

    /// Reads the table as it is now.
    package init() throws {
        let table = try KernelFile.text(at: "/proc/net/tcp")
        ends = table.split(separator: "\n").dropFirst().compactMap { line in
            // Number, local address, remote address, state, bytes to be sent and to be read.
            let fields = line.split(separator: " ")
            guard fields.count > 4, let unread = fields[4].split(separator: ":").last else { return nil }
            return End(remote: fields[2], state: fields[3], unread: Int(unread, radix: 16) ?? 0)
        }
    }

    /// How many clients of a port of 127.0.0.1 have a connection that looks alive to them.
    package func openClients(of port: Int) -> Int { ends.count { $0.remote == Self.address(port) && $0.state == "01" } }

    /// How many connections to a port of 127.0.0.1 hold bytes that their client has not read.
    package func unreadClients(of port: Int) -> Int { ends.count { $0.remote == Self.address(port) && $0.unread > 0 } }

    private static func address(_ port: Int) -> String { "0100007F:" + String(format: "%04X", port) }
}

/// A file that the kernel makes as it is read. It has no length, and Foundation takes its first page for the whole.
package enum KernelFile {
    /// Reads to the end.
    ///
    /// - Throws: What the system reports.
    package static func text(at path: String) throws -> String {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw POSIXError(POSIXErrorCode(rawValue: errno) ?? .EIO) }
        defer { close(descriptor) }
        var (bytes, part) = ([UInt8](), [UInt8](repeating: 0, count: 1 << 16))
        while true {
            let count = read(descriptor, &part, part.count)
            if count == 0 { return String(decoding: bytes, as: UTF8.self) }
            guard count > 0 || errno == EINTR else { throw POSIXError(POSIXErrorCode(rawValue: errno) ?? .EIO) }
            bytes += part.prefix(max(0, count))
        }
    }
}
