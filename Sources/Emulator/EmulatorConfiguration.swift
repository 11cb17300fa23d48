/// The settings of an emulator: where it listens, how fast and how reliably it answers.
package struct EmulatorConfiguration: Sendable {
    /// The address to listen on; a name or an IP address. 127.0.0.1 by default.
    package var host = "127.0.0.1"
    /// The TCP port to listen on; 0 takes a free one, reported by ``Emulator/port()``.
    package var port = 8443
    /// How long every call waits before its answer is sent.
    package var latency: Duration = .zero
    /// The most that is added to ``latency`` by chance, drawn from the seed, the record and the attempt.
    package var jitter: Duration = .zero
    /// Calls answered per second before the emulator answers 429 with `Retry-After: 1`; nil: no limit. A tenth of a
    /// second's worth may come at once.
    package var rate: Double?
    /// The share of calls that go wrong, by kind. Records with a scenario of their own are exempt.
    package var faults = FaultMix()
    /// Chooses the faults: the same seed, record and attempt always get the same result.
    package var seed: UInt64 = 1
    /// The generation of the API whose insights are answered.
    package var generation = InsightsGeneration.asRequested
    /// Answer 400 with an HTML page, as nginx does, to a client without our client certificate, instead of failing the
    /// handshake. Only the certificate of ``EmulatorMaterial/client`` is accepted then.
    package var answersCertificateErrors = false
    /// The file to which every call is appended as a line of JSON (mode 0600); nil: counted in memory only.
    package var callLogPath: String?
    /// Called with the number of calls so far each time one has been counted and logged, before it is answered. Must be
    /// fast.
    package var onCall: (@Sendable (Int) -> Void)?

    /// Makes the default configuration: 127.0.0.1:8443, no latency, no limit, no faults.
    package init() {}

    /// Makes a default configuration that listens elsewhere.
    ///
    /// - Parameter address: host and port, such as `127.0.0.1:8443`, `:0` or `[::1]:8443`.
    /// - Returns: the configuration; without a host 127.0.0.1.
    /// - Throws: ``EmulatorError`` if it is not such an address.
    package static func listening(on address: String) throws(EmulatorError) -> Self {
        guard let colon = address.lastIndex(of: ":"), let port = UInt16(address[address.index(after: colon)...]) else {
            throw .noAddress
        }
        let host = address[..<colon].filter { $0 != "[" && $0 != "]" }
        var configuration = Self()
        configuration.port = Int(port)
        if !host.isEmpty { configuration.host = host }
        return configuration
    }
}

/// Which of the two live generations of the API the emulator's insights belong to.
package enum InsightsGeneration: String, Sendable, CaseIterable {
    /// The newer one for a request with `device.screenWidth` or `device.screenHeight`, else 0.2.2.
    case asRequested = "as-requested"
    /// OpenAPI 0.2.2: `device.scores.deviceRiskFactor` and its siblings.
    case classic = "0.2.2"
    /// The newer one: `device.score.deviceRisk`.
    case newer = "newer"
}
