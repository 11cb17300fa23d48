import Foundation
import Testing

@testable import Operations

@Suite("What the service manager is told")
struct ServiceManagerTests {
    @Test("Each state is one datagram, to a path and to an abstract name", arguments: [false, true])
    func words(isAbstract: Bool) async throws {
        let listener = try DatagramListener(isAbstract: isAbstract)
        let manager = ServiceManager(environment: ["NOTIFY_SOCKET": listener.address])
        manager.ready()
        manager.status("2 batches\nrunning")
        manager.watchdog()
        manager.stopping()
        #expect(listener.received() == "READY=1")
        #expect(listener.received() == "STATUS=2 batches running")
        #expect(listener.received() == "WATCHDOG=1")
        #expect(listener.received() == "STOPPING=1")
        #expect(listener.received() == nil)
    }

    @Test("A reload is told with the monotonic time, and its end after the work")
    func reload() async throws {
        let listener = try DatagramListener(isAbstract: true)
        let manager = ServiceManager(environment: ["NOTIFY_SOCKET": listener.address])
        await manager.reloading {
            let words = listener.received()?.split(separator: "\n") ?? []
            #expect(words.first == "RELOADING=1")
            #expect(words.last?.hasPrefix("MONOTONIC_USEC=") == true && words.count == 2)
            #expect(words.last.flatMap { Int64($0.dropFirst(15)) }.map { $0 > 0 } == true)
            #expect(listener.received() == nil)
        }
        #expect(listener.received() == "READY=1")
    }

    @Test(
        "Half the manager's patience is the watchdog's interval",
        arguments: [
            (["WATCHDOG_USEC": "30000000"], 15), (["WATCHDOG_USEC": "30000000", "WATCHDOG_PID": "42"], 15),
            (["WATCHDOG_USEC": "30000000", "WATCHDOG_PID": "43"], nil), (["WATCHDOG_USEC": "0"], nil),
            (["WATCHDOG_USEC": "soon"], nil), ([:], nil),
        ] as [([String: String], Int?)])
    func watchdog(environment: [String: String], seconds: Int?) {
        let whole = environment.merging(["NOTIFY_SOCKET": "@rollcall"]) { one, _ in one }
        let interval = ServiceManager(environment: whole, process: 42).watchdogInterval
        #expect(interval == seconds.map { .seconds($0) })
        #expect(ServiceManager(environment: environment, process: 42).watchdogInterval == nil)
    }

    @Test(
        "Without a usable address nothing happens",
        arguments: ["", "@", "relative", "vsock:2:1", "/no/such/socket", "/" + String(repeating: "x", count: 108)])
    func nobody(address: String) {
        let manager = ServiceManager(environment: ["NOTIFY_SOCKET": address])
        manager.ready()
        #expect(NotifySocket(address)?.send("READY=1") ?? false == false)
    }
}

/// A datagram socket as a service manager has it.
private final class DatagramListener: Sendable {
    let address: String
    private let descriptor: Int32

    init(isAbstract: Bool) throws {
        let name = "rollcall-notify-\(UUID().uuidString)"
        address = isAbstract ? "@" + name : FileManager.default.temporaryDirectory.appending(path: name).path
        descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue), 0)
        var bytes = withUnsafeBytes(of: sa_family_t(AF_UNIX), Array.init) + Array(address.utf8)
        if isAbstract { bytes[2] = 0 }
        let bound = bytes.withUnsafeBytes { buffer in
            buffer.baseAddress.map {
                bind(descriptor, $0.assumingMemoryBound(to: sockaddr.self), socklen_t(buffer.count))
            }
        }
        try #require(bound == 0)
    }

    deinit {
        close(descriptor)
        if address.hasPrefix("/") { unlink(address) }
    }

    /// The next datagram that has come; local ones are there once they are sent.
    func received() -> String? {
        var buffer = [UInt8](repeating: 0, count: 4096)
        let count = recv(descriptor, &buffer, buffer.count, Int32(MSG_DONTWAIT))
        return count < 0 ? nil : String(decoding: buffer[..<count], as: UTF8.self)
    }
}
