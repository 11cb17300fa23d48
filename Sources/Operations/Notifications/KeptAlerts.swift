import Basics
import Foundation
import RecordStore
import Results
import Settings

extension RecentNotices {
    /// What shows that nothing has to be done about an alert any more. Of all that is told only a file that was rejected, one
    /// that did not come and a run that was missed leave no trace in the database; they are kept over restarts.
    struct Cure: Codable, Equatable, Sendable {
        let job: String
        /// The file that was rejected, where it is known; nil: any file of the job is the cure.
        let file: String?
        /// When it was told.
        let at: String

        /// The cure of an event; nil where the database knows what is to be done, or nothing is.
        init?(of notice: BatchNotice) {
            guard [.rejected, .noFile, .missed].contains(notice.event), notice.batch == nil, let job = notice.job else {
                return nil
            }
            (self.job, file, at) = (job, notice.event == .rejected ? notice.file : nil, notice.at)
        }

        /// Whether it has come: a batch that was made later.
        func hasCome(with batches: [Batch]) -> Bool {
            batches.contains { batch in
                batch.job == job && (file.map { $0 == batch.fileName } ?? true) && Timestamp.text(batch.createdAt) > at
            }
        }
    }

    /// The last ones without those that are cured, the newest first.
    func items(notCuredBy batches: [Batch]) -> [Item] {
        let named = Dictionary(batches.map { ($0.name, $0) }) { $1 }
        return items.filter { !($0.cure?.hasCome(with: batches) ?? false) }.map { $0.seen(beside: named) }
    }
}

/// The alerts of a daemon that outlive it, in a file beside the database: job and file names and reasons, nothing of a
/// record.
struct KeptAlerts: Sendable {
    private let path: String
    private let recent: RecentNotices
    private let saved = Saved()
    /// The longest file that is read, in bytes.
    private static let limit = 1 << 20

    /// What was written last.
    private final class Saved: Sendable {
        let alerts = Lock<[RecentNotices.Item]>([])
    }

    /// Names the database beside which they lie, and what tells them.
    init(database: String, _ recent: RecentNotices) { (path, self.recent) = (database + ".alerts", recent) }

    /// Shows again what was told before the daemon began and is not cured.
    ///
    /// - Parameter batches: All of them.
    /// - Throws: `StoreError` when their file cannot be read. What is written there otherwise is passed over: it was told,
    ///   and stands in the log.
    func restore(notCuredBy batches: [Batch]) async throws {
        let bytes = try await BlockingWork.run { try PrivateFile.contents(path, upTo: Self.limit) }
        // Another version may have written it.
        guard let bytes, let alerts = try? JSONDecoder().decode([RecentNotices.Item].self, from: Data(bytes)) else {
            return
        }
        saved.alerts.withLock { $0 = alerts }
        recent.restore(alerts.filter { !($0.cure?.hasCome(with: batches) ?? false) })
    }

    /// Writes them where they are others than before.
    ///
    /// - Throws: `StoreError` when they cannot be written.
    func save() async throws {
        let alerts = recent.items.filter { $0.cure != nil }
        guard saved.alerts.withLock({ $0 != alerts }) else { return }
        try await BlockingWork.run { try PrivateFile.replace(path, with: Array(JSONText.text(of: alerts).utf8)) }
        saved.alerts.withLock { $0 = alerts }
    }
}
