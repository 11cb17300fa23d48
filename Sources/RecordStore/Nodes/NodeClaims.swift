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

/// What keeps a node from claiming for now, and how long until it is to ask again.
enum NodeAnswer {
    case permit(NodePermit)
    case wait(Duration)
}

extension WriterConnection {
    /// How long a node waits that others, or an operator, keep from claiming.
    private static let longWait = Duration.seconds(1)

    /// What all nodes share, at one time of the database's: now, up to when the rate is given out, the contract's rate,
    /// until when a `Retry-After` of any node forbids calls, and the least share of the rate that a node's answers allow,
    /// which climbs back in a minute as the limiter's does.
    private static let shared = """
        SELECT \(DatabaseClock.now), given_out_until_us, rate, (SELECT max(closed_until) FROM limiter),
          (SELECT min(rate_factor + (1 - rate_factor)
             * greatest(0, least(1, (\(DatabaseClock.now) / 1000 - saved_at) / 60000.0)))
           FROM limiter)
        FROM contract
        """

    /// Lets a node claim: its epoch is the last, it is not to end, the batch is not another node's, the server is one that
    /// all nodes have answered for, and the contract's rate has slots.
    ///
    /// - Throws: ``StoreError`` with ``StoreErrorCode/takenUp`` when another process has taken the node over, or another
    ///   node the batch.
    func admit(_ node: Node, upTo wanted: Int, of batch: BatchID) throws -> NodeAnswer {
        let row = try StoredRow.fetchOne(
            database,
            sql: "SELECT epoch, state, (SELECT home_node FROM batches WHERE id = ?2) FROM nodes WHERE id = ?1",
            arguments: [node.number, batch.rawValue])
        guard let row, row[0] == node.epoch, row[1] != NodeStanding.retired.rawValue else {
            throw StoreError(
                .takenUp,
                "Node \(node.description.name) was taken over by another process, or retired: this one sends nothing more"
            )
        }
        if let home: Int64 = row[2], home != node.number { throw try takenUp(batch) }
        guard row[1] == NodeStanding.live.rawValue, try isServerKnownToAll() else { return .wait(Self.longWait) }
        let before = ContinuousClock.now
        let times = try StoredRow.fetchOne(database, sql: Self.shared)
        let after = ContinuousClock.now
        guard let times else { throw StoreError.unfinished }
        let now: Int64 = times[0]
        if let closed: WallTime = times[3], closed.milliseconds * 1_000 > now {
            return .wait(min(Self.longWait, .microseconds(closed.milliseconds * 1_000 - now)))
        }
        let rate = (times[2] ?? node.description.rate) * (times[4] ?? 1)
        let plan = SlotPlan(now: now, givenOutUntil: times[1], rate: rate, wanted: wanted)
        guard plan.count > 0 else { return .wait(plan.wait(taken: 0)) }
        return .permit(NodePermit(plan: plan, claim: try SecureRandom.bytes(16), before: before, after: after))
    }

    /// Records that slots were taken.
    func take(_ count: Int, of permit: NodePermit) throws {
        guard count > 0 else { return }
        try database.execute(
            sql: "UPDATE contract SET given_out_until_us = ?", arguments: [permit.plan.givenOut(count)])
    }

    /// Whether all nodes that are not retired have answered for the server that answers now: one that replaced another may
    /// have lost what they committed.
    private func isServerKnownToAll() throws -> Bool { try nodesThatHaveNotAnswered().isEmpty }

    /// The nodes that others wait for since a server was replaced.
    func nodesThatHaveNotAnswered() throws -> [String] {
        guard case .postgreSQL(let connection) = database.engine, let server = connection.transaction?.server else {
            throw StoreError.runnerOnly
        }
        return try String.fetchAll(
            database,
            sql: """
                SELECT name FROM nodes WHERE state <> 'retired' AND (server_id <> ? OR timeline <> ?) ORDER BY name
                """, arguments: [server.identifier, server.timeline])
    }
}
