import Foundation

/// The address of a datagram socket on this machine, as `NOTIFY_SOCKET` gives it: a path, or `@` and an abstract name.
struct NotifySocket: Sendable {
    private let address: [UInt8]

    /// Nil for what is no such address: another kind of socket, or a name too long.
    init?(_ text: String) {
        guard text.hasPrefix("/") || text.hasPrefix("@"), text.utf8.count > 1 else { return nil }
        var name = Array(text.utf8)
        // `man 7 unix`: an abstract name begins with a null byte, and all its bytes count.
        if name[0] == UInt8(ascii: "@") { name[0] = 0 } else { name.append(0) }
        guard name.count <= MemoryLayout.size(ofValue: sockaddr_un().sun_path) else { return nil }
        address = withUnsafeBytes(of: sa_family_t(AF_UNIX), Array.init) + name
    }

    /// Sends one datagram; gives up after a second in which nobody takes it.
    @discardableResult
    func send(_ words: String) -> Bool {
        let descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        var patience = timeval(tv_sec: 1, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
        let bytes = Array(words.utf8)
        return address.withUnsafeBytes { address in
            guard let pointer = address.baseAddress?.assumingMemoryBound(to: sockaddr.self) else { return false }
            let flags = Int32(MSG_NOSIGNAL)
            return sendto(descriptor, bytes, bytes.count, flags, pointer, socklen_t(address.count)) == bytes.count
        }
    }
}
