extension EmulatorDirectory {
    /// Runs an emulator with this folder's keys until the process is told to stop by SIGINT or SIGTERM.
    ///
    /// - Parameters:
    ///   - configuration: its knobs; without a path of its own the log of calls is in this folder.
    ///   - onListening: is given the base URL once it listens and `rollcall.yaml` is written.
    /// - Throws: ``EmulatorError`` where folder, log or address cannot be used; `OpenSSLError` for a broken key.
    public func serve(
        _ configuration: EmulatorConfiguration, onListening: @Sendable (_ baseURL: String) -> Void
    ) async throws {
        var configuration = configuration
        let material = try material(host: configuration.host)
        configuration.callLogPath = configuration.callLogPath ?? callLogPath
        let emulator = try Emulator(configuration, material: material)
        let (host, rate) = (configuration.host, configuration.rate)
        try await withThrowingTaskGroup { group in
            group.addTask { try await emulator.runUntilSignalled() }
            do {
                let port = try await emulator.port()
                onListening(try writeSettings(host: host, port: port, rate: rate))
            } catch {
                await emulator.stop()
                throw error
            }
            try await group.waitForAll()
        }
    }
}
