import Foundation
import Glibc

/// A standby of a server of the tests', copied from it by `pg_basebackup`, which follows it by streaming.
package final class PostgreSQLStandby: Sendable {
    private let shell: HeldShell
    private let server: PostgreSQLServer

    private static let script = """
        set -e
        folder=$(mktemp -d /tmp/rsXXXXXX)
        chmod 755 "$folder"
        as=
        if [ "$(id -u)" = 0 ]; then chown postgres "$folder"; as='runuser -u postgres --'; fi
        cd /
        trap '$as \(PostgreSQLServer.binaries)/pg_ctl -D "$folder/d" -m immediate stop >/dev/null 2>&1 || true; rm -rf "$folder"' EXIT
        trap '' INT TERM HUP
        $as \(PostgreSQLServer.binaries)/pg_basebackup -D "$folder/d" -h "$1" -U rollcall -R -X stream -c fast --no-sync >/dev/null
        $as \(PostgreSQLServer.binaries)/pg_ctl -D "$folder/d" -w -l "$folder/log" -o "-k $folder -c listen_addresses='' -c fsync=off \
        -c max_connections=400 -c shared_buffers=64MB" start >/dev/null
        echo "$folder"
        cat >/dev/null
        """

    /// Copies a server, whose commits wait for nobody.
    package init(of server: PostgreSQLServer) throws {
        self.server = server
        shell = try HeldShell(Self.script, [server.folder])
        guard !shell.line.isEmpty else {
            throw PostgreSQLServer.Failure(description: "no standby: pg_basebackup or its start failed")
        }
    }

    /// Copies a server, and lets all of its commits wait for the copy from then on.
    package convenience init(synchronousTo server: PostgreSQLServer) throws {
        try self.init(of: server)
        try server.run("ALTER SYSTEM SET synchronous_standby_names = '*'", in: "postgres")
        try server.run("SELECT pg_reload_conf()", in: "postgres")
    }

    /// The folder of its socket.
    package var folder: String { shell.line }

    /// Whether it has all that the server has committed.
    package var hasAll: Bool {
        get throws {
            let sent = try server.run("SELECT pg_current_wal_lsn()", in: "postgres").first ?? ""
            return try run("SELECT pg_last_wal_replay_lsn() >= '\(sent)'") == ["t"]
        }
    }

    /// Lets it hear of no more commits: they are lost when it is promoted.
    package func cutOff() async throws {
        try run("ALTER SYSTEM SET primary_conninfo = ''")
        try run("SELECT pg_reload_conf()")
        try await waitUntil { try run("SELECT 1 FROM pg_stat_wal_receiver").isEmpty }
    }

    /// Makes it the primary.
    package func promote() throws { try run("SELECT pg_promote()") }

    @discardableResult
    private func run(_ sql: String) throws -> [String] {
        try PostgreSQLServer.run(sql, in: "postgres", at: shell.line)
    }

    /// Whether the server takes it for the one that its commits wait for.
    package var isSynchronous: Bool {
        get throws { try server.run("SELECT sync_state FROM pg_stat_replication", in: "postgres") == ["sync"] }
    }

    /// How many commits wait for it.
    package var waitingCommits: Int {
        get throws {
            let sql = "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'SyncRep'"
            return try server.run(sql, in: "postgres").first.flatMap { Int($0) } ?? 0
        }
    }

    /// Cancels the waits for it, as an impatient operator does.
    package func cancelWaits() throws {
        try server.run(
            "SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE wait_event = 'SyncRep'", in: "postgres")
    }

    /// Stops the process by which it hears of commits, as where its machine stands still.
    package func stand() throws { try signal(SIGSTOP) }

    /// Lets that process go on.
    package func goOn() throws { try signal(SIGCONT) }

    private func signal(_ number: Int32) throws {
        let pids = try run("SELECT pid FROM pg_stat_wal_receiver")
        guard let pid = pids.first.flatMap({ pid_t($0) }), kill(pid, number) == 0 else {
            throw PostgreSQLServer.Failure(description: "the standby follows nobody")
        }
    }

    /// Ends it, where no commit waits for it.
    package func end() { shell.end() }

    /// Ends it, and lets the server's commits wait for nobody.
    package func stop() throws {
        try server.run("ALTER SYSTEM RESET synchronous_standby_names", in: "postgres")
        try server.run("SELECT pg_reload_conf()", in: "postgres")
        shell.end()
    }
}
