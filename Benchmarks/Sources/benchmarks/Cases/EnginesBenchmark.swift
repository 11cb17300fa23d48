import Figures
import Foundation

/// What claiming and finishing a record takes on both engines, in turns: the time on the wall, which on PostgreSQL is mostly
/// that of round trips and of the log's synchronization.
struct EnginesBenchmark {
    let bench: Bench

    /// A database on one of the engines, and the folder of its keys.
    private struct Place {
        let name: String
        let folder: String
        let url: String?

        var arguments: [String] { ["--folder", folder] + (url.map { ["--database", $0] } ?? []) }
    }

    /// Milliseconds per record, but for round trips and rates.
    private struct Samples {
        var (file, fileOfMany) = ([Double](), [Double]())
        var (few, many, held) = ([Double](), [Double](), [Double]())
        var (trips, one, three) = ([Double](), [Double](), [Double]())
    }

    private static let runners = 3
    /// What dies beside an old transaction stays, and more of it with each claim: the last of so many is measured.
    private static let claimsBesideOldTransaction = 4

    func measure() throws -> [Figure] {
        let server = try RunningPostgreSQL.start(bench)
        let large = try place("large", on: server)
        try fill(large, bench.scale.backlog + taken * (1 + Self.claimsBesideOldTransaction) * bench.scale.rounds)
        let largeFile = Place(name: "large", folder: try bench.folder.makeFolder("large"), url: nil)
        try fill(largeFile, bench.scale.backlog + taken * bench.scale.rounds)
        var samples = Samples()
        for _ in 0..<bench.scale.rounds {
            try measureFile(&samples)
            samples.fileOfMany.append(try milliseconds(claim(largeFile)))
            try measureFew(on: server, &samples)
            samples.many.append(try milliseconds(claim(large)))
            samples.held.append(
                try server.withOldTransaction(in: large.name) {
                    for _ in 1..<Self.claimsBesideOldTransaction { _ = try claim(large) }
                    return try milliseconds(claim(large))
                })
            samples.three.append(try rateOfAll(on: server))
        }
        return figures(samples)
    }

    private var count: Int { bench.scale.claimedRecords }
    private var taken: Int { count + ClaimWork.warmUp }

    private func place(_ name: String, on server: borrowing RunningPostgreSQL) throws -> Place {
        Place(name: name, folder: try bench.folder.makeFolder("pg-\(name)"), url: try server.makeDatabase(name))
    }

    private func remove(_ place: Place, from server: borrowing RunningPostgreSQL) throws {
        bench.folder.remove("pg-\(place.name)")
        try server.run("DROP DATABASE \(place.name)", in: "postgres")
    }

    private func fill(_ place: Place, _ waiting: Int, as node: Int = 0) throws {
        let sizes = ["--finished", "0", "--waiting", "\(waiting)", "--node", "\(node)"]
        _ = try bench.work(["work-fill"] + place.arguments + sizes)
    }

    private func claim(_ place: Place) throws -> WorkReport {
        try bench.work(["work-claim"] + place.arguments + ["--count", "\(count)"])
    }

    private func milliseconds(_ report: WorkReport) throws -> Double {
        try report.value("wall") / Double(count) * 1e3
    }

    private func measureFile(_ samples: inout Samples) throws {
        let file = Place(name: "file", folder: try bench.folder.makeFolder("file"), url: nil)
        defer { bench.folder.remove("file") }
        try fill(file, taken)
        samples.file.append(try milliseconds(claim(file)))
    }

    private func measureFew(on server: borrowing RunningPostgreSQL, _ samples: inout Samples) throws {
        let few = try place("few", on: server)
        try fill(few, taken)
        let report = try claim(few)
        samples.few.append(try milliseconds(report))
        samples.trips.append(try report.value("trips") / Double(count))
        samples.one.append(Double(count) / (try report.value("wall")))
        try remove(few, from: server)
    }

    /// Records per second of several runners at once, each with a batch of its own.
    private func rateOfAll(on server: borrowing RunningPostgreSQL) throws -> Double {
        let shared = try place("shared", on: server)
        for node in 0..<Self.runners { try fill(shared, taken, as: node) }
        let commands = (0..<Self.runners).map { node in
            ["work-claim"] + shared.arguments + ["--count", "\(count)", "--node", "\(node)"]
        }
        let first = try bench.startWork(commands[0], "claim-0")
        let second = try bench.startWork(commands[1], "claim-1")
        let third = try bench.startWork(commands[2], "claim-2")
        let reports = [try first.report(), try second.report(), try third.report()]
        try remove(shared, from: server)
        let longest = try reports.map { try $0.value("wall") }.max() ?? 0
        return Double(count * Self.runners) / longest
    }

    private func figures(_ samples: Samples) -> [Figure] {
        let (small, large) = (Count.text(count), Count.text(bench.scale.backlog))
        return [
            Figure(
                "PostgreSQL: \(large) waiting, over \(small)", .times, samples.many / samples.few, target: .atMost(1.2)),
            Figure(
                "SQLite: \(large) waiting, over \(small)", .times, samples.fileOfMany / samples.file,
                target: .atMost(1.2)),
            Figure("an old transaction open, over none", .times, samples.held / samples.many, target: .atMost(1.2)),
            Figure(
                "\(Self.runners) runners' records per second, over one's", .times, samples.three / samples.one,
                target: .atLeast(1)),
            Figure("PostgreSQL: per record, \(small) waiting", .milliseconds, samples.few),
            Figure("PostgreSQL: per record, \(large) waiting", .milliseconds, samples.many),
            Figure("PostgreSQL: round trips per record, claims of \(ClaimWork.group)", .number, samples.trips),
            Figure("SQLite: per record, \(small) waiting", .milliseconds, samples.file),
            Figure("SQLite: per record, \(large) waiting", .milliseconds, samples.fileOfMany),
        ]
    }
}
