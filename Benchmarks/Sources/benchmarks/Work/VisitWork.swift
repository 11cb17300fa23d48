import ArgumentParser
import Foundation
import Glibc

/// Looks at a daemon's pages until it is ended, as people do who leave them open: the child of the case `page`.
///
/// Each visitor holds a stream of events and asks for the first page and the list of batches once a second: no page of ours
/// asks more often.
struct VisitWork: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "work-visit", shouldDisplay: false)

    @Option var port: UInt16
    @Option var visitors: Int

    func run() throws {
        guard let token = ProcessInfo.processInfo.environment["VISIT_TOKEN"] else {
            throw BenchmarkError("work-visit: VISIT_TOKEN is missing")
        }
        let site = Site(port: port, token: token)
        for _ in 0..<visitors {
            Thread { while (try? site.get("/events")) != nil { Thread.sleep(forTimeInterval: 1) } }.start()
        }
        while true {
            for _ in 0..<visitors {
                try site.get("/")
                try site.get("/batches")
            }
            Thread.sleep(forTimeInterval: 1)
        }
    }
}

/// A daemon's pages on the loopback address, asked by HTTP/1.1 (RFC 9112) with a connection for each question.
private struct Site {
    let port: UInt16
    let token: String

    /// Reads an answer to its end; one other than 200 is an error.
    func get(_ path: String) throws {
        let socket = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(socket) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        (address.sin_port, address.sin_addr.s_addr) = (port.bigEndian, INADDR_LOOPBACK.bigEndian)
        let status = withUnsafePointer(to: address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(socket, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        let request = Array(
            "GET \(path) HTTP/1.1\r\nHost: 127.0.0.1:\(port)\r\nAuthorization: Bearer \(token)\r\nConnection: close\r\n\r\n"
                .utf8)
        guard status == 0, send(socket, request, request.count, Int32(MSG_NOSIGNAL)) == request.count else {
            throw BenchmarkError("work-visit: the daemon's pages cannot be reached")
        }
        var (buffer, isFirst) = ([UInt8](repeating: 0, count: 65_536), true)
        while case let count = recv(socket, &buffer, buffer.count, 0), count > 0 {
            guard !isFirst || buffer.starts(with: Array("HTTP/1.1 200".utf8)) else {
                throw BenchmarkError("work-visit: \(path) is refused")
            }
            isFirst = false
        }
    }
}
