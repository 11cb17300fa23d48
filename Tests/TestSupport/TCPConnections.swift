import Foundation

/// What the system says of TCP connections over IPv4 to a port of 127.0.0.1, as their clients have them.
package enum TCPConnections {
    /// How many of this process's clients have a connection that looks alive to them.
    ///
    /// Asked of the process's own descriptors: the kernel's table of the machine takes milliseconds to make, however little is
    /// in it.
    package static func openOwn(to port: Int) throws -> Int {
        let descriptors = try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").compactMap { Int32($0) }
        return descriptors.count { remotePort(of: $0) == port && isEstablished($0) }
    }

    /// How many connections, of whichever process, hold bytes that their client has not read (`man 5 proc`, /proc/net/tcp).
    package static func unread(from port: Int) throws -> Int {
        let remote = "0100007F:" + String(format: "%04X", port)
        return try KernelFile.text(at: "/proc/net/tcp").split(separator: "\n").dropFirst().count { line in
            // Number, local address, remote address, state, bytes to be sent and to be read.
            let fields = line.split(separator: " ")
            guard fields.count > 4, fields[2] == remote, let unread = fields[4].split(separator: ":").last
            else { return false }
            return Int(unread, radix: 16) ?? 0 > 0
        }
    }

    /// The port at the other end; nil for what is no connection over IPv4, or was closed meanwhile.
    private static func remotePort(of descriptor: Int32) -> Int? {
        var (address, length) = (sockaddr_in(), socklen_t(MemoryLayout<sockaddr_in>.size))
        let result = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { getpeername(descriptor, $0, &length) }
        }
        guard result == 0, address.sin_family == sa_family_t(AF_INET) else { return nil }
        return Int(UInt16(bigEndian: address.sin_port))
    }

    /// Whether a connection is open for all that this end knows (`man 7 tcp`, TCP_INFO, whose first byte is the state).
    private static func isEstablished(_ descriptor: Int32) -> Bool {
        var (facts, length) = ([UInt8](repeating: 0, count: 8), socklen_t(8))
        guard getsockopt(descriptor, Int32(IPPROTO_TCP), TCP_INFO, &facts, &length) == 0 else { return false }
        return facts[0] == 1
    }
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
