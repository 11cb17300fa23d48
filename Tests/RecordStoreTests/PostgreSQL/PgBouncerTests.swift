import Foundation
import TestSupport
import Testing

@testable import RecordStore

@Suite("PgBouncer between a runner and its server", .enabled(if: PgBouncer.isInstalled), .onPostgreSQL)
struct PgBouncerTests {
    @Test("In transaction mode two nodes, a reader and an operator share three server connections")
    func transactionMode() async throws {
        let nodes = try NodesFixture()
        let bouncer = try PgBouncer(before: nodes.socketFolder)
        let (a, b) = (try await nodes.open("a", at: bouncer.folder), try await nodes.open("b", at: bouncer.folder))
        let batch = try await nodes.sharedBatch(of: a, count: 40)
        _ = try await a.requeue(batch.id, RequeueSelection(statuses: [.failed]))
        let lines = try await withThrowingTaskGroup { group in
            for store in [a, b] { group.addTask { try await store.run(batch) { $0.succeeded } } }
            return try await group.reduce(into: []) { $0 += $1 }
        }
        #expect(lines.sorted() == Array(2...41))
        #expect(try await a.statuses(batch).allSatisfy { $0 == .succeeded })
        #expect(try #require(try await a.serverReport()?.pooler).hasPrefix("PgBouncer 1."))
        try await nodes.close(a, b)
        bouncer.stop()
    }

    @Test("A standby that takes over is found, although PgBouncer before it goes on saying that it is a standby")
    func takesOver() async throws {
        let server = try PostgreSQLServer()
        let standby = try PostgreSQLStandby(of: server)
        let nodes = try NodesFixture(at: server)
        try await waitUntil { try standby.hasAll }
        let (first, second) = (try PgBouncer(before: standby.folder), try PgBouncer(before: server.folder))
        let a = try await nodes.open("a", at: "\(first.folder),\(second.folder)")
        let batch = try await a.runningBatch(count: 2)
        #expect(try await a.claim(batch, 1).records.count == 1)
        try await waitUntil { try standby.hasAll }
        server.stop()
        try standby.promote()
        try await waitUntil { try await a.claim(batch, 1).records.count == 1 }
        #expect(try await a.statuses(batch) == [.inFlight, .inFlight])
        try await a.close()
        for bouncer in [first, second] { bouncer.stop() }
        standby.end()
    }
}

/// Debian's PgBouncer in transaction mode, on a socket of its own.
final class PgBouncer {
    static let isInstalled = FileManager.default.isExecutableFile(atPath: "/usr/sbin/pgbouncer")

    let folder: String
    private let shell: HeldShell

    /// It refuses to run as root, and ends with its input.
    private static let script = """
        set -e
        folder=$(mktemp -d /tmp/rbXXXXXX)
        chmod 755 "$folder"
        printf '[databases]\\n* = host=%s user=rollcall\\n[pgbouncer]\\npool_mode = transaction\\nlisten_addr =\\nlisten_port = 5432\\n' "$1" \
        >"$folder/ini"
        printf 'unix_socket_dir = %s\\nauth_type = any\\nserver_reset_query = DISCARD ALL\\ndefault_pool_size = 3\\n' "$folder" \
        >>"$folder/ini"
        as=
        if [ "$(id -u)" = 0 ]; then chown postgres "$folder"; as='runuser -u postgres --'; fi
        cd /
        $as /usr/sbin/pgbouncer -q "$folder/ini" >/dev/null 2>&1 &
        child=$!
        trap 'kill $child 2>/dev/null; wait $child 2>/dev/null || true; rm -rf "$folder"' EXIT
        until [ -S "$folder/.s.PGSQL.5432" ]; do kill -0 $child; done
        echo "$folder"
        cat >/dev/null
        """

    init(before server: String) throws {
        shell = try HeldShell(Self.script, [server])
        folder = shell.line
    }

    func stop() { shell.end() }
}
