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

    /// Lets a node claim: its epoch is the last, it is not to end, the server is one that all nodes have answered for, and
    /// the contract's rate has slots.
    ///
    /// - Throws: ``StoreError`` with ``StoreErrorCode/notAllowed`` when another process has taken the node over.
    func admit(_ node: Node, upTo wanted: Int) throws -> NodeAnswer {
        let row = try StoredRow.fetchOne(
            database, sql: "SELECT epoch, state FROM nodes WHERE id = ?", arguments: [node.number])
        guard let row, row[0] == node.epoch, row[1] != NodeStanding.retired.rawValue else {
            throw StoreError(
                .notAllowed,
                "Node \(node.description.name) was taken over by another process, or retired: this one sends nothing more"
            )
        }
        guard row[1] == NodeStanding.live.rawValue, try isServerKnownToAll() else { return .wait(Self.longWait) }
        let before = ContinuousClock.now
        let times = try StoredRow.fetchOne(
            database,
            sql: """
                SELECT \(DatabaseClock.now), given_out_until_us, (SELECT closed_until FROM limiter) FROM contract
                """)
        let after = ContinuousClock.now
        guard let times else { throw StoreError.unfinished }
        let now: Int64 = times[0]
        if let closed: WallTime = times[2], closed.milliseconds * 1_000 > now {
            return .wait(min(Self.longWait, .microseconds(closed.milliseconds * 1_000 - now)))
        }
        let plan = SlotPlan(now: now, givenOutUntil: times[1], rate: node.description.rate, wanted: wanted)
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
    private func isServerKnownToAll() throws -> Bool {
        guard case .postgreSQL(let connection) = database.engine, let server = connection.transaction?.server else {
            return false
        }
        let others = try Int.fetchOne(
            database,
            sql: """
                SELECT count(*) FROM nodes WHERE state <> 'retired' AND (server_id <> ? OR timeline <> ?)
                """, arguments: [server.identifier, server.timeline])
        return others == 0
    }
}
