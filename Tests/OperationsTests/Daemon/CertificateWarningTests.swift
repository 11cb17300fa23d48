import Basics
import Foundation
import RecordStore
import TestSupport
import Testing

@testable import Operations

@Suite("The end of the client's certificate")
struct CertificateWarningTests {
    private static let hour: Int64 = 3_600_000
    private static let tooShort = "the client certificate ends before what waits would be done"
    private static let ended = "the client certificate has ended; every call will be refused"

    /// A daemon that makes a call every 1,000 s, with a clock so long before the end of its certificate.
    private func bench(before: Int64) async throws -> DaemonBench {
        let bench = try await DaemonBench(
            at: 0, settings: "limits: { rate: 0.001 }\n", jobs: ["drop": "source: { path: drop, settle: 30s }\n"])
        let place = try Installation(config: bench.file("rollcall.yaml"))
        let end = try LiveConfiguration(place, credentials: place.credentials(), at: 0).certificateEnd
        bench.clock.setWall(to: WallTime(end) - before)
        return bench
    }

    private func drop(_ name: String, _ count: Int, _ bench: DaemonBench) async throws {
        let rows = (1...count).map { "\($0),\(name)-\($0),\(name)\($0)@example.com\n" }
        try bench.write("id,account_id,email\n" + rows.joined(), to: "drop/inbox/\(name).csv")
        let seen = bench.count(ofLogged: "batch under way")
        try await bench.pass { bench.count(ofLogged: "batch under way") > seen }
    }

    @Test("That it has ended is said at start, once")
    func atStart() async throws {
        let bench = try await bench(before: 0)
        try await bench.startDaemon()
        await bench.context?.logStart()
        #expect(bench.count(ofLogged: Self.ended) == 1)
        try await bench.reloadDaemon()
        try await drop("a", 1, bench)
        #expect(bench.count(ofLogged: Self.ended) == 1)
        #expect(bench.count(ofLogged: Self.tooShort) == 0)
        try await bench.end()
    }

    @Test("A batch it does not last for is warned of when it goes under way, once for each certificate")
    func underWay() async throws {
        let bench = try await bench(before: 48 * Self.hour)
        try await bench.startDaemon()
        await bench.context?.logStart()
        try await drop("a", 2, bench)
        #expect(bench.count(ofLogged: Self.tooShort) == 0)
        try await drop("b", 400, bench)
        try await drop("c", 400, bench)
        try await bench.reloadDaemon()
        #expect(bench.count(ofLogged: Self.tooShort) == 1)
        _ = try bench.spoilKeys()
        try await bench.reloadDaemon()
        #expect(bench.count(ofLogged: Self.tooShort) == 2)
        try await bench.end()
    }
}
