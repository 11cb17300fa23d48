import Figures

/// CPU of claiming and finishing records, alone, beside many that wait, and behind many that are finished.
struct ClaimBenchmark {
    let bench: Bench

    /// A database to start from.
    private struct Setting {
        let name: String
        let finished: Int
        let waiting: Int
    }

    func measure() throws -> [Figure] {
        let (waiting, finished) = try large()
        for setting in [waiting, finished] { try fill(setting) }
        defer { for setting in [waiting, finished] { bench.folder.remove(setting.name) } }
        var (few, manyWaiting, manyFinished) = ([Double](), [Double](), [Double]())
        for _ in 0..<bench.scale.rounds {
            few.append(try costWithFew())
            manyWaiting.append(try cost(in: waiting))
            manyFinished.append(try cost(in: finished))
        }
        return figures(few, manyWaiting, manyFinished)
    }

    private var taken: Int { bench.scale.claimedRecords + ClaimWork.warmUp }

    private func large() throws -> (Setting, Setting) {
        let (backlog, rounds) = (bench.scale.backlog, bench.scale.rounds)
        return (
            Setting(name: "waiting", finished: 0, waiting: backlog + taken * rounds),
            Setting(name: "finished", finished: backlog, waiting: taken * rounds)
        )
    }

    /// The small database is made again each time, and used up.
    private func costWithFew() throws -> Double {
        let few = Setting(name: "few", finished: 0, waiting: taken)
        try fill(few)
        defer { bench.folder.remove(few.name) }
        return try cost(in: few)
    }

    private func fill(_ setting: Setting) throws {
        let folder = try bench.folder.makeFolder(setting.name)
        let sizes = ["--finished", "\(setting.finished)", "--waiting", "\(setting.waiting)"]
        _ = try bench.work(["work-fill", "--folder", folder] + sizes)
    }

    /// CPU per record in microseconds.
    private func cost(in setting: Setting) throws -> Double {
        let count = bench.scale.claimedRecords
        let folder = bench.folder.file(setting.name)
        let report = try bench.work(["work-claim", "--folder", folder, "--count", "\(count)"])
        return try report.value("cpu") / Double(count) * 1e6
    }

    private func figures(_ few: [Double], _ waiting: [Double], _ finished: [Double]) -> [Figure] {
        let (small, large) = (Count.text(bench.scale.claimedRecords), Count.text(bench.scale.backlog))
        return [
            Figure("CPU per record, \(small) waiting", .microseconds, few, target: .atMost(30)),
            Figure("with \(large) waiting, over that", .times, waiting / few, target: .atMost(1.2)),
            Figure("with \(large) finished, over that", .times, finished / few, target: .atMost(1.2)),
            Figure("CPU per record, \(large) waiting", .microseconds, waiting),
            Figure("CPU per record, \(large) finished", .microseconds, finished),
        ]
    }
}
