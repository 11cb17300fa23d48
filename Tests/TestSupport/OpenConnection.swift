import NIOCore

/// A connection as other threads may use it.
struct OpenConnection: Sendable {
    let eventLoop: any EventLoop
    let connection: NIOLoopBound<ServerConnection>

    func answerHeld(_ body: [UInt8]) async {
        try? await eventLoop.submit { connection.value.answerHeld(body) }.get()
    }

    func end(_ ending: ScriptedServer.Ending) async {
        try? await eventLoop.submit { connection.value.end(ending) }.get()
    }
}
