import Basics

/// The rules that a night has broken, the first first.
final class Findings: Sendable {
    private let broken = Lock<[String]>([])
    private let trace = Lock<UInt64>(0xCBF2_9CE4_8422_2325)

    /// The first broken rule; nil while none is.
    var first: String? { broken.withLock { $0.first } }

    /// A number that two nights share when the same happened in them, in the same order.
    var digest: UInt64 { trace.withLock { $0 } }

    /// Reports a rule as broken unless it holds.
    func expect(_ holds: Bool, _ rule: @autoclosure () -> String) {
        guard !holds else { return }
        broken.withLock { $0.append(rule()) }
    }

    /// Something happened that another run of the same seed has to repeat.
    func note(_ event: Int64) {
        trace.withLock { $0 = ($0 ^ UInt64(bitPattern: event)) &* 0x0000_0100_0000_01B3 }
    }
}

/// The due times for which jobs were run: no schedule runs twice for one.
final class Occasions: Sendable {
    private let findings: Findings
    private let last = Lock<[String: WallTime]>([:])

    init(_ findings: Findings) { self.findings = findings }

    /// A job runs because of a due time.
    func begin(_ due: WallTime, of job: String) {
        let before = last.withLock { $0.updateValue(due, forKey: job) }
        findings.expect(before.map { $0 < due } ?? true, "\(job) runs a second time for a due time")
    }

    /// The clock was found to be wrong: from now on jobs run by its times again.
    func forgive(_ job: String) { last.withLock { $0[job] = nil } }
}
