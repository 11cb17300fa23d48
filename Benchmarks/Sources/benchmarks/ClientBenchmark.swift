import Foundation

/// CPU of `rollcall run` per record, everything included, against the RSA floor; the emulator is another process.
struct ClientBenchmark {
    let bench: Bench

    func measure() throws -> CaseReport {
        guard FileManager.default.isExecutableFile(atPath: bench.rollcall) else {
            let remedy = "swift build --configuration release --product rollcall"
            return CaseReport(name: .client, skipped: "\(bench.rollcall) is not there; make it with: \(remedy)")
        }
        let emulator = try RunningEmulator.start(bench)
        var rounds = [Round]()
        var before = try RSAFloor.measure(on: bench)
        for _ in 0..<bench.scale.rounds {
            let many = try run(bench.scale.clientRecords, settings: emulator.settings)
            let after = try RSAFloor.measure(on: bench)
            let one = try run(1, settings: emulator.settings)
            rounds.append(Round(floor: .mean(before, after), one: one, many: many))
            before = after
        }
        try emulator.stop()
        return CaseReport(name: .client, figures: figures(rounds))
    }

    /// A run of many records between two measurements of the floor, and a run of one.
    private struct Round {
        let floor: RSAFloor
        let one: ChildProcess.Ended
        let many: ChildProcess.Ended
    }

    /// Runs a file of so many records in a new database; every one must succeed.
    private func run(_ records: Int, settings: String) throws -> ChildProcess.Ended {
        let folder = try bench.folder.makeFolder("client")
        defer { bench.folder.remove("client") }
        let input = "\(folder)/accounts.csv"
        try SampleAccounts.write(records, to: input)
        let environment = [
            "ROLLCALL_DATABASE": "\(folder)/var/rollcall.sqlite", "ROLLCALL_SEALING_KEY": "\(folder)/var/sealing.key",
            "ROLLCALL_LIMITS_BURST": "32",
        ]
        let arguments = ["run", input, "--config", settings, "--out", "\(folder)/out", "--rate", "100000", "--yes"]
        return try ChildProcess.start(
            [bench.rollcall] + arguments, environment: environment, output: bench.folder.file("run.out"),
            errors: bench.folder.file("run.log")
        ).waitForSuccess()
    }

    private func figures(_ rounds: [Round]) -> [Figure] {
        let records = Double(bench.scale.clientRecords)
        let perRecord = rounds.map { $0.many.cpuSeconds / records }
        let (floor, decryption) = (rounds.map(\.floor.both), rounds.map(\.floor.decryption))
        let start = rounds.map(\.one.cpuSeconds)
        return [
            Figure(
                name: "CPU per record over the RSA floor", unit: .times, samples: perRecord / floor,
                target: .atMost(2.0, final: 1.35)),
            Figure(name: "CPU per record", unit: .microseconds, samples: perRecord * 1e6),
            Figure(name: "RSA floor", unit: .microseconds, samples: floor * 1e6),
            Figure(name: "of it the decryption", unit: .microseconds, samples: decryption * 1e6),
            Figure(name: "CPU of a run of one record", unit: .milliseconds, samples: start * 1e3),
            Figure(name: "records per second", unit: .perSecond, samples: rounds.map { records / $0.many.wallSeconds }),
        ]
    }
}
