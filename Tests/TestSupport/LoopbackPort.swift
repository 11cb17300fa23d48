import Foundation

/// A port of 127.0.0.1 that is this value's alone until it goes: no other socket of the machine is given it.
///
/// A port that a server has let go may be given to the next that asks for any, which in one process with many tests
/// is soon; whoever tries it then reaches a stranger.
package final class LoopbackPort: Sendable {
    /// How the port answers whoever connects.
    package enum State: Sendable {
        /// Connections are refused, until a server that sets `SO_REUSEADDR` listens on it.
        case closed
        /// Connections are made and not answered.
        case listening
    }

    /// Its number.
    package let number: Int
    private let descriptor: Int32

    /// Takes a port that nobody has.
    ///
    /// - Parameter state: Whether it listens.
    /// - Throws: What the system reports.
    package init(_ state: State) throws {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        var isSet: Int32 = 1
        setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &isSet, socklen_t(MemoryLayout.size(ofValue: isSet)))
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = in_addr_t(0x7F00_0001).bigEndian
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isTaken = withUnsafeMutablePointer(to: &address) { address in
            address.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                bind(descriptor, address, size) == 0 && (state == .closed || listen(descriptor, 1) == 0)
                    && getsockname(descriptor, address, &size) == 0
            }
        }
        guard isTaken else {
            let error = POSIXError(POSIXErrorCode(rawValue: errno) ?? .EIO)
            close(descriptor)
            throw error
        }
        self.descriptor = descriptor
        number = Int(UInt16(bigEndian: address.sin_port))
    }

    deinit { close(descriptor) }
}
