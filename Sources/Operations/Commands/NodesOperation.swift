import Basics
import Foundation
import RecordStore
import Results

/// `rollcall nodes`: the runners that share a database on PostgreSQL, and what becomes of one.
package struct NodesOperation: Sendable {
    /// What is done.
    package enum Request: Sendable {
        /// They are listed.
        case list
        /// One ends what it has in hand, and claims nothing more.
        case drain(String)
        /// One is gone for good; what it had not finished goes to another, where one is named.
        case retire(String, to: String?)
    }

    private let request: Request
    private let config: String
    private let json: Bool
    private let console: Console

    /// Describes what to do.
    package init(_ request: Request, config: String, json: Bool, console: Console = .standard) {
        self.request = request
        self.config = config
        self.json = json
        self.console = console
    }

    /// Lists the nodes, or makes one drain or retire.
    package func perform() async throws -> ExitStatus {
        let place = try Installation(config: config)
        switch request {
        case .list: try await list(place)
        case .drain(let name): try await drain(name, place)
        case .retire(let name, let other): try await retire(name, to: other, place)
        }
        return .succeeded
    }

    private func list(_ place: Installation) async throws {
        let nodes = try await place.reading { try await $0.nodes() }
        if !json { console.output(NodeLine.header) }
        for node in nodes.map(NodeLine.init) { console.output(json ? JSONText.text(of: node) : node.text) }
        for node in nodes where node.standing != .retired && node.keysLeft > 0 {
            console.note(
                "node \(node.name) has not said yet that its copies of \(Counted.things(node.keysLeft, "destroyed key")) are "
                    + "gone: its daemon does \(SharedErasure.interval), or its next start")
        }
        let awaited = nodes.filter { !$0.hasAnswered && $0.standing != .retired }
        guard !awaited.isEmpty else { return }
        console.note("the database server was replaced: nobody claims until every node has answered for it")
        for node in awaited {
            console.note(
                node.isAlive
                    ? "node \(node.name) lives and answers within seconds"
                    : "start node \(node.name) on \(node.host), or, if it is gone for good, "
                        + "\(Hint.retire(node: node.name))")
        }
    }

    private func drain(_ name: String, _ place: Installation) async throws {
        let hasChanged = try await OperatorSession.with(place, console: console) { session in
            try await session.store.drain(name, noting: session.action(.drainNode, of: nil, detail: name))
        }
        console.note(
            hasChanged
                ? "node \(name) is draining now: it ends its calls and claims nothing more until it is started again"
                : "node \(name) was draining, or retired, before")
    }

    private func retire(_ name: String, to other: String?, _ place: Installation) async throws {
        let detail = other.map { "\(name), its batches to \($0)" } ?? name
        let retired = try await OperatorSession.with(place, console: console) { session in
            try await session.store.retire(
                name, givingBatchesTo: other, noting: session.action(.retireNode, of: nil, detail: detail))
        }
        let doubt = retired.inDoubt > 0 ? "; \(NumberFormat.count(retired.inDoubt, "call")) of it in doubt" : ""
        console.note(
            retired.hasChanged ? "node \(name) is retired now\(doubt)" : "node \(name) was retired before")
        if retired.isUntold {
            console.note(
                "batches that node \(name) had taken in last may be lost with the server that was replaced, and their lines sent: "
                    + "ask the provider before their files are taken in again")
        }
        for batch in retired.halted {
            console.note(
                "\(batch.name): halted, for node \(name) never told the server that took over what it had sent last: lines that "
                    + "wait may have been sent; ask the provider, then \(Hint.resume(batch: batch.name))")
        }
        for batch in retired.moved { console.note("\(batch.name): node \(other ?? "") goes on with it") }
        for batch in retired.cancelled {
            console.note(
                retired.isUntold
                    ? "\(batch.name): cancelled; lines of \(batch.fileName) may have been sent: ask the provider before you hand "
                        + "the rest of it to another node"
                    : "\(batch.name): cancelled; hand \(batch.fileName) to another node: \(batch.wayToReadAgain ?? "")")
        }
    }
}

/// One node as `nodes` lists it.
struct NodeLine: Encodable {
    static let header = "NODE\tSTATE\tALIVE\tHOST\tPROCESS\tVERSION\tSTARTED\tCALLS UNDER WAY\tANSWERED"

    let name: String
    let state: NodeStanding
    let isAlive: Bool
    let host: String
    let process: Int64
    let version: String
    let startedAt: String
    let openCalls: Int
    let keysLeft: Int
    let hasAnswered: Bool

    enum CodingKeys: String, CodingKey, CaseIterable {
        case name, state, host, process, version
        case isAlive = "alive"
        case startedAt = "started_at"
        case openCalls = "open_calls"
        case keysLeft = "destroyed_keys_left"
        case hasAnswered = "answered"
    }

    init(_ node: NodeView) {
        (name, state, isAlive, host) = (node.name, node.standing, node.isAlive, node.host)
        (process, version, openCalls) = (node.process, node.version, node.openCalls)
        startedAt = Timestamp.text(node.startedAt)
        (keysLeft, hasAnswered) = (node.keysLeft, node.hasAnswered)
    }

    var text: String {
        let cells = [
            name, state.rawValue, isAlive ? "yes" : "no", host, "\(process)", version, startedAt, "\(openCalls)",
            hasAnswered ? "yes" : "no",
        ]
        return cells.joined(separator: "\t")
    }
}

extension NodeLine {
    /// How a node does, in a few words: one that is retired is no concern any more.
    static func health(of node: NodeView) -> String {
        switch node.standing {
        case .live where !node.hasAnswered: "has not answered for the new server"
        case .live: node.isAlive ? "at work" : "not heard of"
        case .draining: node.isAlive ? "draining" : "drained"
        case .retired: "retired"
        }
    }

    /// All that are not retired in one line; nil: there is none.
    static func summary(of nodes: [NodeView]) -> String? {
        let texts = nodes.filter { $0.standing != .retired }.map { node in
            let calls = node.openCalls > 0 ? ", \(NumberFormat.count(node.openCalls, "call")) under way" : ""
            return "\(node.name) on \(node.host) \(health(of: node))\(calls)"
        }
        return texts.isEmpty ? nil : "nodes: " + texts.joined(separator: "; ")
    }
}

extension NodeLine: DescribedJSON {
    static func about(_ member: CodingKeys) -> String {
        switch member {
        case .name: "its name, `node.name`"
        case .state: "`live`, `draining` or `retired`"
        case .isAlive: "whether it was heard of in the last 20 seconds"
        case .host: "the machine it ran on last"
        case .process: "its process there"
        case .version: "Rollcall's version there"
        case .startedAt: "when it started last"
        case .openCalls: "its calls under way"
        case .keysLeft: "months' keys that were destroyed, of which it has not said that it has no copy any more"
        case .hasAnswered: "whether it has answered for the server that answers now"
        }
    }
}
