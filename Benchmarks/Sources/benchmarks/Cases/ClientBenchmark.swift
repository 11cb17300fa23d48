import Figures

/// CPU of `rollcall run` per record, everything included, against the RSA floor; the emulator is another process.
struct ClientBenchmark {
    let bench: Bench

    func measure() throws -> [Figure] {
        let emulator = try RunningEmulator.start(bench)
        var rounds = [Round]()
        var before = try RSAFloor.measure(on: bench)
        for _ in 0..<bench.scale.rounds {
            let many = try run(bench.scale.clientRecords, against: emulator)
            let after = try RSAFloor.measure(on: bench)
            let one = try run(1, against: emulator)
            rounds.append(Round(floor: .mean(before, after), one: one, many: many))
            before = after
        }
        try emulator.stop()
        return figures(rounds)
    }

    /// A run of many records between two measurements of the floor, and a run of one.
    private struct Round {
        let floor: RSAFloor
        let one: ChildProcess.Ended
        let many: ChildProcess.Ended
    }

    /// Runs a file of so many records in a new database, at a rate that is never waited for.
    private func run(_ records: Int, against emulator: borrowing RunningEmulator) throws -> ChildProcess.Ended {
        try Client.withNewFolder(bench) { client in
            try client.run(records, against: emulator, rate: 100_000, burst: 32)
        }
    }

    private func figures(_ rounds: [Round]) -> [Figure] {
        let records = Double(bench.scale.clientRecords)
        let perRecord = rounds.map { $0.many.cpuSeconds / records }
        let (floor, decryption) = (rounds.map(\.floor.both), rounds.map(\.floor.decryption))
        let start = rounds.map(\.one.cpuSeconds)
        return [
            Figure("CPU per record over the RSA floor", .times, perRecord / floor, target: .atMost(1.6)),
            Figure("CPU per record", .microseconds, perRecord * 1e6),
            Figure("RSA floor", .microseconds, floor * 1e6),
            Figure("decryption, as part of the floor", .microseconds, decryption * 1e6),
            Figure("CPU of a run of one record", .milliseconds, start * 1e3),
            Figure("records per second", .perSecond, rounds.map { records / $0.many.wallSeconds }),
        ]
    }
}

/// What no client can go below: one OAEP-256 decryption and one encryption with 2048-bit keys, by OpenSSL alone.
private struct RSAFloor {
    /// CPU time of one decryption, in seconds.
    let decryption: Double
    /// CPU time of one encryption, in seconds.
    let encryption: Double
    /// CPU time of both.
    var both: Double { decryption + encryption }

    static func mean(_ first: RSAFloor, _ second: RSAFloor) -> RSAFloor {
        RSAFloor(
            decryption: (first.decryption + second.decryption) / 2,
            encryption: (first.encryption + second.encryption) / 2)
    }

    /// Measures it in a process of its own.
    static func measure(on bench: Bench) throws -> RSAFloor {
        let count = bench.scale.floorOperations
        let report = try bench.work(["work-floor", "--count", "\(count)"])
        return RSAFloor(
            decryption: try report.value("decryption") / Double(count),
            encryption: try report.value("encryption") / Double(count))
    }
}
