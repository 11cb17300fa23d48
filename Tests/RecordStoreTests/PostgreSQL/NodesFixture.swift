import Basics
import Foundation
import Migrations
import TestSupport

@testable import RecordStore

/// Several nodes on one PostgreSQL database, each with a folder of its own and all with the same keys.
struct NodesFixture {
    let folder = try? StoreFolder()
    /// Whether nodes share the folders of input and output.
    private var sharesFolders = false
    private let name: String
    private let server: PostgreSQLServer

    /// Makes a database with the schema and nothing in it, or an empty one; at the server that tests share unless another
    /// one is named.
    init(at server: PostgreSQLServer? = nil, withoutSchema isEmpty: Bool = false) throws {
        self.server = try server ?? PostgreSQLServer.shared.get()
        name =
            try isEmpty ? self.server.makeDatabase() : self.server.makeDatabase(with: Migrations.postgreSQL)
        if !isEmpty { try folder?.makeKey() }
    }

    /// The same database, whose nodes share their folders.
    func sharing() -> NodesFixture {
        var nodes = self
        nodes.sharesFolders = true
        return nodes
    }

    func path(of node: String) -> String { "\(folder?.path ?? "/")/node-\(node)" }

    /// Opens the database as a node; the rate is the contract's, in calls per second.
    func open(
        _ node: String, in folder: String? = nil, rate: Double = 1_000_000, at socket: String? = nil,
        keys: String? = nil, options: String = ""
    ) async throws -> RecordStore {
        try await description(node, in: folder, rate: rate, at: socket, keys: keys, options: options)
            .openForRunning(StoreFolder.provenance)
    }

    /// The same, by way of a relay; the options are libpq's, as its URL has them.
    func open(_ node: String, by relay: CuttingRelay, options: String = "") async throws -> RecordStore {
        try await open(node, at: relay.folder, options: options)
    }

    /// A relay to the server.
    func relay() throws -> CuttingRelay { try CuttingRelay(toServerIn: server.folder) }

    /// The folder of the server's socket.
    var socketFolder: String { server.folder }

    /// Why no database is made although there is none.
    func loss(_ node: String) async throws -> StoreError? { try await description(node).loss() }

    func openForOperating() async throws -> RecordStore { try await description("a").openForOperating() }

    func description(
        _ node: String, in folder: String? = nil, rate: Double = 1, at socket: String? = nil, keys: String? = nil,
        options: String = ""
    ) -> StoreDescription {
        let keys = keys ?? self.folder?.path ?? "/"
        return StoreDescription(
            engine: .postgreSQL(url: server.url(name, at: socket) + options, passwordFile: nil),
            sealingKey: keys + "/sealing.key",
            keysFolder: keys, endpoint: StoreFolder.endpoint,
            node: NodeDescription(
                name: node, folder: folder ?? path(of: node), rate: rate, sharesFolders: sharesFolders))
    }

    /// Runs statements behind the stores' backs.
    @discardableResult
    func run(_ sql: String) throws -> [String] { try server.run(sql, in: name) }

    /// Runs a statement in a transaction that stays open.
    func hold(_ sql: String) throws -> PostgreSQLServer.HeldTransaction { try server.hold(sql, in: name) }

    /// A running batch that no node has taken up, so that any may claim of it.
    func sharedBatch(of store: RecordStore, count: Int) async throws -> Batch {
        let batch = try await store.runningBatch(count: count)
        try run("UPDATE rollcall.batches SET home_node = NULL")
        return batch
    }

    /// Ends the beats of nodes, so that a test alone says when there is one.
    func endBeats(of stores: RecordStore...) {
        for store in stores { store.membership.withLock { $0?.beat.stop() } }
    }

    /// Makes a node one that is not heard of any more, although its process goes on.
    func silence(_ store: RecordStore) throws {
        endBeats(of: store)
        guard let number = store.node?.number else { return }
        try run("UPDATE rollcall.nodes SET lease_until_us = 0 WHERE id = \(number)")
    }

    func close(_ stores: RecordStore...) async throws {
        for store in stores { try await store.close() }
        try server.remove(name)
    }
}

extension RecordStore {
    /// A beat of its node, now.
    func beatNow() throws { if let node { try beat(node) } }
}
