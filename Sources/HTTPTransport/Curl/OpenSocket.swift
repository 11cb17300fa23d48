import CCurl
import Glibc

/// One socket libcurl has open. libcurl controls its lifetime through `SocketRegistry`.
final class OpenSocket {
    let descriptor: Int32
    /// Notes of the TLS connection it carries, once a request went over it.
    var tls: TLSNotes?
    /// The events for which the event queue watches it; 0: none.
    var watched: UInt32 = 0
    /// Whether no transfer uses it.
    var isIdle = false
    private var knownPort: Int32?

    init(descriptor: Int32) {
        self.descriptor = descriptor
    }

    /// The local port; nil while there is none.
    var localPort: Int32? {
        if knownPort == nil { knownPort = readLocalPort() }
        return knownPort
    }

    /// Whether the peer has sent nothing unread: neither data nor a close_notify alert nor the end of the stream.
    var isQuiet: Bool {
        var byte: UInt8 = 0
        let count = recv(descriptor, &byte, 1, Int32(MSG_PEEK | MSG_DONTWAIT))
        return count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)
    }

    private func readLocalPort() -> Int32? {
        var address = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        return withUnsafeMutablePointer(to: &address) { storage in
            storage.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
                getsockname(descriptor, generic, &length) == 0 ? Self.port(of: UnsafeRawPointer(storage)) : nil
            }
        }
    }

    private static func port(of address: UnsafeRawPointer) -> Int32? {
        let port =
            switch Int32(address.load(as: sockaddr.self).sa_family) {
            case AF_INET: address.load(as: sockaddr_in.self).sin_port
            case AF_INET6: address.load(as: sockaddr_in6.self).sin6_port
            default: in_port_t(0)
            }
        return port == 0 ? nil : Int32(in_port_t(bigEndian: port))
    }
}

/// The sockets libcurl has open, so that a connection's descriptor can be found by its local port.
///
/// Used on the loop's thread only; outlives every connection, because libcurl calls back when it closes one.
final class SocketRegistry {
    private var sockets: [Int32: OpenSocket] = [:]

    /// Opens a socket that child processes do not inherit; -1 on failure, as libcurl expects.
    func open(_ address: curl_sockaddr) -> Int32 {
        let descriptor = socket(address.family, address.socktype | Int32(SOCK_CLOEXEC.rawValue), address.protocol)
        if descriptor >= 0 { sockets[descriptor] = OpenSocket(descriptor: descriptor) }
        return descriptor
    }

    /// Closes a socket that libcurl no longer needs.
    func close(_ descriptor: Int32) -> Int32 {
        sockets[descriptor] = nil
        return Glibc.close(descriptor)
    }

    /// The socket of a descriptor; nil for one that libcurl opened for its own use, as its resolver does.
    subscript(descriptor: Int32) -> OpenSocket? { sockets[descriptor] }

    /// The sockets with that local port: usually one; more only where they lead to different addresses.
    func sockets(withLocalPort port: Int32) -> [OpenSocket] {
        sockets.values.filter { $0.localPort == port }
    }
}
