import Basics

/// What a test server's connections share.
final class ServerState: Sendable {
    private struct Contents {
        var requests: [ScriptedServer.SeenRequest] = []
        var connectionCount = 0
        var connections: [Int: OpenConnection] = [:]
        var waiters: [(count: Int, continuation: CheckedContinuation<Void, Never>)] = []
    }

    let interruption: @Sendable () -> ScriptedServer.Ending?
    let script: ScriptedServer.Script
    private let contents = Lock(Contents())

    init(interruption: @escaping @Sendable () -> ScriptedServer.Ending?, script: @escaping ScriptedServer.Script) {
        self.interruption = interruption
        self.script = script
    }

    var requests: [ScriptedServer.SeenRequest] { contents.withLock { $0.requests } }
    var connectionCount: Int { contents.withLock { $0.connectionCount } }
    var connections: [OpenConnection] { contents.withLock { Array($0.connections.values) } }

    func opened(_ connection: OpenConnection) -> Int {
        contents.withLock { contents in
            contents.connectionCount += 1
            contents.connections[contents.connectionCount] = connection
            return contents.connectionCount
        }
    }

    func closed(_ number: Int) {
        contents.withLock { _ = $0.connections.removeValue(forKey: number) }
    }

    func read(connection: Int, numberOnConnection: Int, head: String, body: [UInt8]) -> ScriptedServer.SeenRequest {
        let (request, ready) = contents.withLock { contents in
            let request = ScriptedServer.SeenRequest(
                number: contents.requests.count + 1, connection: connection, numberOnConnection: numberOnConnection,
                head: head, body: body)
            contents.requests.append(request)
            let ready = contents.waiters.filter { $0.count <= contents.requests.count }
            contents.waiters.removeAll { $0.count <= contents.requests.count }
            return (request, ready)
        }
        for waiter in ready { waiter.continuation.resume() }
        return request
    }

    func waitForRequests(_ count: Int) async {
        await withCheckedContinuation { continuation in
            let isReached = contents.withLock { contents in
                if contents.requests.count < count { contents.waiters.append((count, continuation)) }
                return contents.requests.count >= count
            }
            if isReached { continuation.resume() }
        }
    }
}
