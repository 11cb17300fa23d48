import Basics
import Foundation
import Ingest
import RecordStore

/// Months of records, some or all with a marker in every field, answered and with their results written; after each month
/// the database is copied.
struct MarkedMonths {
    /// Starts every field of every marked record, and stands nowhere else.
    static let marker = "zqx7erasure"
    private static let other = "zqx7another"
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
    /// Every so many records of a month one is marked; 1: all are.
    var step = 1

    /// How many records there are: as many in each month.
    var total: Int { records / months * months }

    /// The ids of the marked records.
    var markedIDs: [String] {
        (1...months).flatMap { month in markedRows.map { Self.cell("id", ofRow: $0, ofMonth: month, Self.marker) } }
    }

    /// SQL that is true of a marked record's id: its last 32 bits are its line, and the header is the first.
    var isMarked: String { "((id & 0xFFFFFFFF) - 1) % \(step) = 0" }

    private var markedRows: [Int] { Array(stride(from: step, through: records / months, by: step)) }

    var backups: [String] { (1...months).map { place.file("backups/\($0).sqlite") } }

    /// Fills a database.
    ///
    /// - Parameters:
    ///   - store: The database.
    ///   - copy: Copies it after each month, to a path.
    /// - Throws: `BenchmarkError` when not every record was answered; the errors of the store; what `copy` throws.
    func fill(_ store: RecordStore, copyingBy copy: (String) async throws -> Void) async throws {
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
            try await copy(backups[month - 1])
        }
    }

    /// The file is removed again: one that lies where its owner put it stays the owner's.
    private func takeIn(_ month: Int, into store: RecordStore) async throws -> Batch {
        let input = place.file("month-\(month).csv")
        try write(ofMonth: month, to: input)
        defer { place.remove("month-\(month).csv") }
        let time = Self.january + Self.length * (month - 1)
        return try await WorkStore.takeIn(input, into: store, at: time)
    }

    private func write(ofMonth month: Int, to path: String) throws {
        guard FileManager.default.createFile(atPath: path, contents: nil), let file = FileHandle(forWritingAtPath: path)
        else { throw BenchmarkError("\(path): cannot be written") }
        var text = Self.columns.joined(separator: ",") + "\n"
        for row in 1...records / months {
            let start = row % step == 0 ? Self.marker : Self.other
            let cells = Self.columns.map { Self.cell($0, ofRow: row, ofMonth: month, start) }
            text += cells.joined(separator: ",") + "\n"
            guard text.utf8.count > Self.portion else { continue }
            try file.write(contentsOf: Data(text.utf8))
            text = ""
        }
        try file.write(contentsOf: Data(text.utf8))
        try file.close()
    }

    private static func cell(_ column: String, ofRow row: Int, ofMonth month: Int, _ start: String) -> String {
        "\(start)-\(month)-\(row)-\(column.filter(\.isLetter))" + (column == "email" ? "@example.com" : "")
    }
}
