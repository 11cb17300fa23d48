import Basics
import Foundation
import Glibc

/// Stands between libpq and a server's socket, passes everything on, and loses a commit or its answer when it is told to.
final class CuttingRelay: Sendable {
    /// What is lost, once; then the connection ends.
    enum Loss: Sendable {
        /// The commit never arrives.
        case commit
        /// The server commits, and nobody hears of it.
        case answer
    }

    /// The folder of its socket, as `host` names it.
    let folder: String
    private let server: String
    private let listener: Int32
    private let loss = Lock<Loss?>(nil)
    private let arrived = Lock(0)
    /// What is waited for while nothing is passed on.
    private let standing = Lock<DispatchSemaphore?>(nil)
    private let ended = DispatchSemaphore(value: 0)

    /// The two sides of a connection, closed by the second of the threads that pass on between them.
    private final class Ends: Sendable {
        private let sides: [Int32]
        private let threads = Lock(2)

        init(_ sides: Int32...) { self.sides = sides }

        func leave() {
            for side in sides { shutdown(side, Int32(SHUT_RDWR)) }
            let isLast = threads.withLock { count in
                count -= 1
                return count == 0
            }
            if isLast { for side in sides { Glibc.close(side) } }
        }
    }

    /// Listens in a folder of its own, which must be short enough for a socket's path.
    init(toServerIn server: String) throws {
        self.server = server + "/.s.PGSQL.5432"
        var name = Array("/tmp/rrXXXXXX".utf8CString)
        guard mkdtemp(&name) != nil else { throw SystemFault(errno) }
        folder = String(decoding: name.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        listener = try Self.socket(at: folder + "/.s.PGSQL.5432") { bind($0, $1, $2) }
        guard listen(listener, 16) == 0 else { throw SystemFault(errno) }
        Thread { [self] in acceptAll() }.start()
    }

    /// Loses the next commit, or its answer.
    func lose(_ loss: Loss) { self.loss.withLock { $0 = loss } }

    /// Passes nothing on from now on, as where a server's process stands still and its machine still answers.
    func stand() { standing.withLock { $0 = DispatchSemaphore(value: 0) } }

    /// Passes on what has come meanwhile, and what comes.
    func goOn() {
        standing.withLock { standing in
            standing?.signal()
            standing = nil
        }
    }

    /// How many connections were made.
    var arrivals: Int { arrived.withLock { $0 } }

    /// Whether what was to be lost was.
    var hasLost: Bool { loss.withLock { $0 == nil } }

    /// Ends it; connections that are open end with their two sides.
    func close() {
        shutdown(listener, Int32(SHUT_RDWR))
        ended.wait()
        Glibc.close(listener)
        try? FileManager.default.removeItem(atPath: folder)
    }

    private func acceptAll() {
        while case let client = accept(listener, nil, nil), client >= 0 {
            guard let server = try? Self.socket(at: server, { connect($0, $1, $2) }) else {
                Glibc.close(client)
                continue
            }
            arrived.withLock { $0 += 1 }
            let ends = Ends(client, server)
            // The statement's text goes out when it is prepared; its answer is tagged with it.
            Thread { [self] in pass(client, server, lost: .commit, ends) }.start()
            Thread { [self] in pass(server, client, lost: .answer, ends) }.start()
        }
        ended.signal()
    }

    private func pass(_ source: Int32, _ target: Int32, lost: Loss, _ ends: Ends) {
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        let mark = Array("COMMIT\0".utf8)
        while case let count = read(source, &buffer, buffer.count), count > 0 {
            let isCommit = buffer[..<count].indices.contains { start in
                start + mark.count <= count && buffer[start..<start + mark.count].elementsEqual(mark)
            }
            let isLost =
                isCommit
                && loss.withLock { loss in
                    guard loss == lost else { return false }
                    loss = nil
                    return true
                }
            if let end = standing.withLock({ $0 }) {
                end.wait()
                // Others wait, too.
                end.signal()
            }
            guard !isLost, Self.writeAll(buffer[..<count], to: target) else { break }
        }
        ends.leave()
    }

    private static func writeAll(_ bytes: ArraySlice<UInt8>, to target: Int32) -> Bool {
        var rest = bytes
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { send(target, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
            guard count > 0 else { return false }
            rest = rest.dropFirst(count)
        }
        return true
    }

    private static func socket(
        at path: String, _ use: (Int32, UnsafePointer<sockaddr>, socklen_t) -> Int32
    ) throws -> Int32 {
        let descriptor = Glibc.socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw SystemFault(errno) }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        let result = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                use(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        guard result == 0 else {
            let fault = SystemFault(errno)
            Glibc.close(descriptor)
            throw fault
        }
        return descriptor
    }
}
