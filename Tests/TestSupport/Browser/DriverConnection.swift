import Basics
import Foundation

/// One request to the browser's driver over a connection of its own. Its answers have fields such as `Content-Length:250`,
/// without a blank, which URLSession here refuses (RFC 9112 §5: the blank is optional).
enum DriverConnection {
    /// Sends a request and waits for its answer.
    ///
    /// - Parameters:
    ///   - method: The method.
    ///   - path: The path.
    ///   - body: The body; may be empty.
    ///   - port: The driver's port on 127.0.0.1.
    /// - Returns: Status and body.
    /// - Throws: `SystemFault` where the driver cannot be reached.
    static func exchange(
        _ method: String, _ path: String, _ body: String, port: UInt16
    ) async throws -> (status: Int, body: [UInt8]) {
        try await BlockingWork.run {
            let connection = try connect(to: port)
            let head =
                "\(method) \(path) HTTP/1.1\r\nHost: 127.0.0.1:\(port)\r\nContent-Type: application/json\r\n"
                + "Content-Length: \(body.utf8.count)\r\nConnection: close\r\n\r\n"
            try connection.write(Array((head + body).utf8))
            return split(try read(connection))
        }
    }

    private static func connect(to port: UInt16) throws -> OwnedDescriptor {
        let descriptor = try OwnedDescriptor(
            takingOwnershipOf: socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0))
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = in_addr_t(0x7F00_0001).bigEndian
        let number = descriptor.number
        let code = withUnsafePointer(to: &address) { address in
            address.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                Foundation.connect(number, address, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard code == 0 else { throw SystemFault(errno) }
        return descriptor
    }

    /// All that comes until the driver closes, or has sent the body whose length it told.
    private static func read(_ connection: borrowing OwnedDescriptor) throws -> [UInt8] {
        var bytes: [UInt8] = []
        var portion = [UInt8](repeating: 0, count: 64 << 10)
        while !isWhole(bytes) {
            let count = recv(connection.number, &portion, portion.count, 0)
            guard count >= 0 else {
                if errno == EINTR { continue }
                throw SystemFault(errno)
            }
            if count == 0 { break }
            bytes += portion[..<count]
        }
        return bytes
    }

    private static let headEnd = Array("\r\n\r\n".utf8)

    private static func isWhole(_ bytes: [UInt8]) -> Bool {
        guard let end = bytes.firstRange(of: headEnd) else { return false }
        let head = String(decoding: bytes[..<end.lowerBound], as: UTF8.self).lowercased()
        let field = head.components(separatedBy: "\r\n").first { $0.hasPrefix("content-length:") }
        let length = field.flatMap { Int($0.dropFirst("content-length:".count).trimmingCharacters(in: .whitespaces)) }
        return length.map { bytes.count - end.upperBound >= $0 } ?? false
    }

    private static func split(_ bytes: [UInt8]) -> (status: Int, body: [UInt8]) {
        guard let end = bytes.firstRange(of: headEnd) else { return (0, []) }
        let words = String(decoding: bytes[..<end.lowerBound], as: UTF8.self).split(separator: " ", maxSplits: 2)
        return (words.count > 1 ? Int(words[1]) ?? 0 : 0, Array(bytes[end.upperBound...]))
    }
}
