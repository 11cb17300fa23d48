import Basics
import Foundation
import Ingest
import RecordStore

/// Months of records, each with a marker in every field, answered and with their results written; after each month the
/// database is copied as `rollcall backup` does.
struct MarkedMonths {
    /// Starts every field of every record, and stands nowhere else.
    static let marker = "zqx7erasure"
    private static let columns = [
        "id", "account_id", "name", "street_line1", "city", "postal_code", "user_agent", "email",
    ]
    /// The middle of January 2025, UTC: every month is over.
    private static let january = WallTime(milliseconds: 1_736_942_400_000)
    private static let length = Duration.seconds(31 * 86_400)
    private static let portion = 1 << 20

    let place: WorkFolder
    let records: Int
    let months: Int

    var backups: [String] { (1...months).map { place.file("backups/\($0).sqlite") } }

    /// Fills a database, and copies it each month.
    func fill(_ store: RecordStore) async throws {
        for month in 1...months {
            try Interruption.check()
            let batch = try await takeIn(month, into: store)
            let run = try await CannedRun(of: batch, in: store)
            try await run.send()
            guard try await run.writeResults(below: place.file("out")) == records / months else {
                throw BenchmarkError("not every record of month \(month) was answered")
            }
            let ended = try await store.batch(batch.id)
            try await store.markResultsWritten(ended.id, finishedAt: ended.finishedAt)
            try await store.backUp(to: backups[month - 1])
        }
    }

    /// The file is removed again: one that lies where its owner put it stays the owner's.
    private func takeIn(_ month: Int, into store: RecordStore) async throws -> Batch {
        let input = place.file("month-\(month).csv")
        try Self.write(records / months, ofMonth: month, to: input)
        defer { place.remove("month-\(month).csv") }
        let time = Self.january + Self.length * (month - 1)
        return try await WorkStore.takeIn(input, into: store, at: time)
    }

    private static func write(_ rows: Int, ofMonth month: Int, to path: String) throws {
        guard FileManager.default.createFile(atPath: path, contents: nil), let file = FileHandle(forWritingAtPath: path)
        else { throw BenchmarkError("\(path): cannot be written") }
        var text = columns.joined(separator: ",") + "\n"
        for row in 1...rows {
            let cells = columns.map { "\(marker)-\(month)-\(row)-\($0.filter(\.isLetter))" }
            text += (cells.dropLast() + ["\(cells[columns.count - 1])@example.com"]).joined(separator: ",") + "\n"
            guard text.utf8.count > portion else { continue }
            try file.write(contentsOf: Data(text.utf8))
            text = ""
        }
        try file.write(contentsOf: Data(text.utf8))
        try file.close()
    }
}
