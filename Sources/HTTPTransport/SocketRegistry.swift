import CCurl
import Glibc

/// The sockets libcurl has open, so that a connection's descriptor can be found by its local port.
///
/// Used on the loop's thread alone; outlives every connection, because libcurl calls back when it closes one.
final class SocketRegistry {
    private var sockets: [Int32: OpenSocket] = [:]

    /// Opens a socket that child processes do not inherit; -1 on failure, as libcurl wants it.
    func open(_ address: curl_sockaddr) -> Int32 {
        let descriptor = socket(address.family, address.socktype | Int32(SOCK_CLOEXEC.rawValue), address.protocol)
        if descriptor >= 0 { sockets[descriptor] = OpenSocket(descriptor: descriptor) }
        return descriptor
    }

    /// Closes a socket libcurl has done with.
    func close(_ descriptor: Int32) -> Int32 {
        sockets[descriptor] = nil
        return Glibc.close(descriptor)
    }

    /// The socket of a descriptor; nil for one that libcurl opened for itself, as its resolver does.
    subscript(descriptor: Int32) -> OpenSocket? { sockets[descriptor] }

    /// The sockets with that local port: usually one; more only where they lead to different addresses.
    func sockets(withLocalPort port: Int32) -> [OpenSocket] {
        sockets.values.filter { $0.localPort == port }
    }
}
