/// What the emulator has counted since it started: the requests to `openings` whose body it read to the end.
public struct CallCounts: Sendable, Equatable {
    /// All calls.
    public internal(set) var total = 0
    /// Calls by the status they were answered with; 0 for those left without an answer.
    public internal(set) var byStatus: [Int: Int] = [:]
    /// Calls by the hexadecimal SHA-256 of the canonical request. Calls that could not be opened are not in it.
    public internal(set) var byRequest: [String: Int] = [:]
    /// Calls by the name of the fault they met.
    public internal(set) var byFault: [String: Int] = [:]
}
