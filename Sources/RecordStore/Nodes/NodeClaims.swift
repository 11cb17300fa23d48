import Basics
import OpenSSL

/// What a node may claim, decided in the transaction that claims.
struct NodePermit: Sendable {
    let plan: SlotPlan
    /// Names the claim: 16 random bytes.
    let claim: [UInt8]
    let before: ContinuousClock.Instant
    let after: ContinuousClock.Instant
}

/// When a commit has reached a standby: then a failover to it loses nothing, and no node that is dead need be waited for. A
/// pure rule.
enum StandbyRule {
    /// Whether commits wait for a standby's disk.
    static func isKept(synchronousCommit: String, standbyNames: String) -> Bool {
        ["on", "remote_apply"].contains(synchronousCommit) && !standbyNames.isEmpty
    }
}

/// What keeps a node from claiming for now, and how long until it is to ask again.
enum NodeAnswer {
    case permit(NodePermit)
    /// With what the operator may want to know of it; nil: it passes by itself.
    case wait(Duration, because: String? = nil)
}

extension WriterConnection {
    /// How long a node waits that others, or an operator, keep from claiming.
    private static let longWait = Duration.seconds(1)
    /// How often a node looks whether it may call again that waits for another one's probes.
    static let poll = Duration.milliseconds(250)

    /// What all nodes share, at one time of the database's: now, up to when the rate is given out, the contract's rate,
    /// until when a `Retry-After` of any node forbids calls, and the least share of the rate that a node's answers allow,
    /// which climbs back in a minute as the limiter's does; and a node that has closed its gate first of those that have
    /// and live, and will probe: it does so for all.
    private static let shared = """
        SELECT \(DatabaseClock.now), given_out_until_us, rate,
          (SELECT max(closed_until) FROM limiter JOIN nodes ON nodes.id = only_row WHERE nodes.state <> 'retired'),
          (SELECT min(rate_factor + (1 - rate_factor)
             * greatest(0, least(1, (\(DatabaseClock.now) / 1000 - saved_at) / 60000.0)))
           FROM limiter),
          (SELECT nodes.name FROM runner JOIN nodes ON nodes.id = runner.only_row
           WHERE runner.only_row <> ?1 AND runner.gate = 'closed' AND nodes.state <> 'retired'
             AND nodes.lease_until_us >= \(DatabaseClock.now)
             AND coalesce(runner.next_probe_at, runner.updated_at) * 1000 + \(probeDeadline) >= \(DatabaseClock.now)
             AND NOT EXISTS (
               SELECT 1 FROM runner AS own WHERE own.only_row = ?1 AND own.gate = 'closed'
                 AND (own.since, own.only_row) < (runner.since, runner.only_row))
           ORDER BY runner.since, runner.only_row LIMIT 1)
        FROM contract
        """

    /// How long a node is waited for that is to probe, from when its probe was due, in microseconds: it may have nothing left
    /// to send.
    private static let probeDeadline = 30_000_000

    /// Lets a node claim: its epoch is the last, it is not to end, the batch is not another node's, the server is one that
    /// all nodes have answered for, and the contract's rate has slots.
    ///
    /// - Throws: ``StoreError`` with ``StoreErrorCode/takenUp`` when another process has taken the node over, or another
    ///   node the batch.
    func admit(_ node: Node, to home: Int64?, _ request: ClaimRequest) throws -> NodeAnswer {
        let row = try StoredRow.fetchOne(
            database,
            sql: """
                SELECT epoch, state, proven_epoch FROM nodes WHERE id = ?1
                """, arguments: [node.number])
        if let row, row[0] < node.epoch, row[1] != NodeStanding.retired.rawValue {
            // A later epoch would be another process's. The next beat says the server what it lost.
            return .wait(
                Self.longWait, because: "the database server was replaced, and has yet to be told what it lost")
        }
        guard let row, row[0] == node.epoch, row[1] != NodeStanding.retired.rawValue else {
            throw StoreError(
                .takenUp,
                "Node \(node.description.name) was taken over by another process, or retired: this one sends nothing more"
            )
        }
        if let home, home != node.number { throw try takenUp(request.batch) }
        if let obstacle = try obstacle(for: node, row[1]) { return .wait(Self.longWait, because: obstacle) }
        try setProof(of: node, isAwaited: request.awaitsProof, provenEpoch: row[2])
        if request.awaitsProof, try isAnotherProving(besides: node) { return .wait(Self.poll) }
        let before = ContinuousClock.now
        let times = try StoredRow.fetchOne(database, sql: Self.shared, arguments: [node.number])
        let after = ContinuousClock.now
        guard let times else { throw StoreError.unfinished }
        let now = DatabaseTime(microseconds: times[0])
        if let closed = (times[3] as WallTime?).map(DatabaseTime.init), closed > now {
            return .wait(min(Self.longWait, closed - now))
        }
        if let other: String = times[5] {
            return .wait(Self.poll, because: "node \(other) gets no call through, and probes for all until it does")
        }
        let rate = (times[2] ?? node.description.rate) * (times[4] ?? 1)
        let plan = SlotPlan(
            now: now, givenOutUntil: DatabaseTime(microseconds: times[1]), rate: rate, wanted: request.count)
        guard plan.count > 0 else { return .wait(plan.wait(taken: 0)) }
        return .permit(NodePermit(plan: plan, claim: try SecureRandom.bytes(16), before: before, after: after))
    }

    /// Records that slots were taken.
    func take(_ count: Int, of permit: NodePermit) throws {
        guard count > 0 else { return }
        try database.execute(
            sql: "UPDATE contract SET given_out_until_us = ?", arguments: [permit.plan.givenOut(count).microseconds])
    }

    /// Why a node claims nothing until somebody does something about it: it is to end, or nodes have not answered for the
    /// server that answers now, which may have lost what they committed.
    private func obstacle(for node: Node, _ standing: String) throws -> String? {
        guard standing == NodeStanding.live.rawValue else {
            return "node \(node.description.name) is draining: end this process; the node's next start goes on"
        }
        if node.description.wantsStandby, try !isStandbyAwaited() {
            return "database_durability is synchronous, and the server's commits await no standby: set "
                + "synchronous_commit and synchronous_standby_names there"
        }
        let awaited = try nodesToReconcile(besidesDead: node.description.wantsStandby)
        guard !awaited.isEmpty else { return nil }
        let names = awaited.joined(separator: ", ")
        return "the database server was replaced, and nobody claims before \(names) answered: start or retire them"
    }

    /// Whether this very transaction's commit waits until a standby has it.
    private func isStandbyAwaited() throws -> Bool {
        let sql = "SELECT current_setting('synchronous_commit'), current_setting('synchronous_standby_names')"
        return try StoredRow.fetchOne(database, sql: sql).map {
            StandbyRule.isKept(synchronousCommit: $0[0], standbyNames: $0[1])
        } ?? false
    }

    /// The nodes that others wait for since a server was replaced.
    ///
    /// - Parameter besidesDead: Whether those that are not heard of are left out: nothing that they committed can be lost.
    /// - Returns: Their names.
    /// - Throws: The engine's error.
    func nodesToReconcile(besidesDead: Bool = false) throws -> [String] {
        guard case .postgreSQL(let connection) = database.engine, let server = connection.transaction?.server else {
            throw StoreError.runnerOnly
        }
        return try String.fetchAll(
            database,
            sql: """
                SELECT name FROM nodes WHERE state <> 'retired' AND (server_id <> ? OR timeline <> ?)
                  \(besidesDead ? "AND lease_until_us >= \(DatabaseClock.now)" : "") ORDER BY name
                """, arguments: [server.identifier, server.timeline])
    }
}
