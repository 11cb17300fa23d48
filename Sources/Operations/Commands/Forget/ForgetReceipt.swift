import Basics
import Foundation
import RecordStore
import Results

/// What `forget` erased, or would, what it could not, and what is out of its reach, for the person who asked or an
/// auditor. It names batches, lines and files; no id and no value of a record.
struct ForgetReceipt: Sendable, Encodable {
    /// What was erased of a batch.
    struct Erased: Sendable, Encodable, Equatable {
        let batch: String
        let job: String
        /// The input file's name.
        let file: String
        /// The lines at which the records started in it.
        let lines: [Int]
        /// How many of them were still to be sent, and are cancelled.
        let cancelled: Int
    }

    /// A record, or a batch, that is not forgotten yet.
    struct Left: Sendable, Encodable, Equatable {
        let batch: String
        /// Nil where the whole batch is meant.
        let line: Int?
        let reason: String
        /// The command to run first; nil where nothing but waiting helps.
        let next: String?

        /// The same as a sentence.
        var text: String {
            let place = line.map { "\(batch), line \($0)" } ?? batch
            return "\(place): \(reason)" + (next.map { "; \($0), then forget again" } ?? "; forget again then")
        }
    }

    /// What an earlier call erased that forgot one of the ids, and maybe others' records with them.
    struct ErasedBefore: Sendable, Encodable, Equatable {
        let source: Batch
        /// When, in ISO 8601 in UTC.
        let at: String
        let lines: [Int]

        init(batch: Batch, at time: WallTime, lines: [Int]) {
            (source, at, self.lines) = (batch, Timestamp.text(time), lines)
        }

        private enum CodingKeys: String, CodingKey {
            case batch, job, file, at, lines
        }

        func encode(to encoder: any Encoder) throws {
            var container = encoder.container(keyedBy: CodingKeys.self)
            try container.encode(source.name, forKey: .batch)
            try container.encode(source.job, forKey: .job)
            try container.encode(source.fileName, forKey: .file)
            try container.encode(at, forKey: .at)
            try container.encode(lines, forKey: .lines)
        }
    }

    var isDryRun: Bool
    /// When, in ISO 8601 in UTC.
    var at: String
    /// How many ids were given.
    var ids: Int
    /// The lines of the ids for which nothing was found.
    var notFound: [Int] = []
    var erased: [Erased] = []
    /// What earlier calls erased.
    var erasedBefore: [ErasedBefore] = []
    /// The files whose rows were taken out, or that were removed because no row was left.
    var files: [String] = []
    var notForgotten: [Left] = []
    /// Files that could not be changed, and why.
    var notChanged: [String] = []
    /// Files that are changed when they are put away.
    var waiting: [String] = []
    /// Whether the write-ahead log was emptied, too.
    var logIsEmpty = false
    /// Batches in which nobody can be found any more, because they were purged.
    var purgedBatches = 0
    /// Records that cannot be read, because they were altered in the database.
    var unreadable = 0
    var outOfReach = OutOfReach()

    enum CodingKeys: String, CodingKey, CaseIterable {
        case at, ids, erased, files, waiting, unreadable
        case isDryRun = "dry_run"
        case notFound = "ids_not_found_on_lines"
        case erasedBefore = "erased_before"
        case notForgotten = "not_forgotten"
        case notChanged = "not_changed"
        case logIsEmpty = "log_emptied"
        case purgedBatches = "purged_batches"
        case outOfReach = "out_of_reach"
    }

    /// How many records were erased, or would be.
    var records: Int { erased.reduce(0) { $0 + $1.lines.count } }

    /// What was done, for the audit.
    var auditDetail: String {
        "\(Counted.things(ids, "id")): \(Counted.things(records, "record")) in \(Counted.things(erased.count, "batch"))"
    }

    /// How the command ends: 3 where a file could not be changed, 2 where something is left to be done.
    var status: ExitStatus {
        if !notChanged.isEmpty { return .unfinished }
        return notForgotten.isEmpty && waiting.isEmpty ? .succeeded : .finishedWithFailures
    }
}

extension ForgetReceipt {
    /// The receipt as text.
    var text: String {
        let verb = isDryRun ? "would be erased" : "erased"
        var lines = ["Receipt of \(at): \(auditDetail) \(verb)"]
        lines += erased.map { item in
            let cancelled = item.cancelled > 0 ? " (\(Counted.number(item.cancelled)) not sent, cancelled)" : ""
            return "  \(item.batch), \(item.file): \(Self.lines(item.lines))\(cancelled)"
        }
        lines += erasedBefore.map { item in
            "  forgotten at \(item.at): \(item.source.name), \(item.source.fileName): \(Self.lines(item.lines))"
        }
        lines += files.map { "  rows taken out of \($0)" }
        if let text = PersonIDs.notFound("nothing to erase", onLines: notFound) { lines.append(text) }
        lines += notForgotten.map { "not forgotten: \($0.text)" }
        lines += notChanged.map { "not changed: \($0)" } + waiting.map { "not changed yet: \($0)" }
        if purgedBatches > 0 {
            lines.append("\(Counted.things(purgedBatches, "batch")) purged before: nobody can be found there any more")
        }
        if unreadable > 0 {
            lines.append("\(Counted.things(unreadable, "record")) cannot be read: whose they are nobody can tell")
        }
        return (lines + outOfReach.lines).joined(separator: "\n")
    }

    private static func lines(_ numbers: [Int]) -> String {
        "\(numbers.count == 1 ? "line" : "lines") \(numbers.map(String.init).joined(separator: ", "))"
    }
}

/// A receipt and the installation's signature, as `forget --json` prints them on one line. What is signed are the bytes
/// of the receipt as they stand there.
struct SignedReceipt: Sendable {
    let receipt: String
    let signature: AuditSignature

    /// Signs a receipt.
    ///
    /// - Throws: `StoreError` when the key cannot be made or opened; an OpenSSL error.
    init(_ receipt: ForgetReceipt, by store: RecordStore) async throws {
        self.receipt = JSONText.text(of: receipt)
        signature = try await store.sign(Array(self.receipt.utf8))
    }

    enum CodingKeys: CodingKey, CaseIterable { case receipt, signature }

    var text: String {
        let (first, second) = (CodingKeys.receipt.stringValue, CodingKeys.signature.stringValue)
        return "{\"\(first)\":\(receipt),\"\(second)\":\(JSONText.text(of: signature))}"
    }
}
