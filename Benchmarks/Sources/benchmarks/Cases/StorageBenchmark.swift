import Figures

/// Whether a PostgreSQL database that keeps the last nights stays as large, and claims as quick, as more nights pass, with what
/// the server clears away by itself.
struct StorageBenchmark {
    let bench: Bench

    /// After so many nights what is kept is complete, and the server clears what was erased.
    private static let before = 15
    /// The last ten of the month are measured by themselves.
    private static let (month, last) = (30, 10)

    private struct Nights {
        /// Per record, claimed and ended.
        let milliseconds: Double
        /// Of the database when they are over.
        let mebibytes: Double
    }

    func measure() throws -> [Figure] {
        // A night lasts seconds here and not a day, so the server looks each second and not each minute.
        let server = try RunningPostgreSQL.start(bench, options: "-c autovacuum_naptime=1s")
        let url = try server.makeDatabase("nights")
        let folder = try bench.folder.makeFolder("pg-nights")
        func pass(_ nights: Range<Int>) throws -> Nights {
            let report = try bench.work([
                "work-nights", "--folder", folder, "--database", url, "--from", "\(nights.lowerBound)",
                "--nights", "\(nights.count)", "--count", "\(bench.scale.nightRecords)",
            ])
            return Nights(
                milliseconds: try report.value("milliseconds"), mebibytes: try server.mebibytes(of: "nights"))
        }
        let end = Self.before + Self.month
        let first = try pass(0..<Self.before)
        let middle = try pass(Self.before..<end - Self.last)
        let last = try pass(end - Self.last..<end)
        let parts = [(Self.before, first), (end - Self.last, middle), (end, last)]
        let records = Count.text(bench.scale.nightRecords)
        return [
            Figure(
                "\(Self.month) nights later: size of the database, over before", .times,
                [last.mebibytes / first.mebibytes], target: .atMost(1.25)),
            Figure(
                "\(Self.month) nights later: claim and end of a record, over before", .times,
                [last.milliseconds / first.milliseconds], target: .atMost(1.25)),
        ]
            + parts.flatMap { nights, part in
                [
                    Figure("database after \(nights) nights of \(records)", .mebibytes, [part.mebibytes]),
                    Figure("claim and end of a record until then", .milliseconds, [part.milliseconds]),
                ]
            }
    }
}
