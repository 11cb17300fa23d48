import Basics
import Foundation
import RecordStore
import Results
import Settings

/// The last things that the daemon told of, for the first page of the administration.
final class RecentNotices: Sendable {
    /// One of them.
    struct Item: Equatable, Sendable, Codable {
        let time: String
        let text: String
        let tone: String
        /// The page on which something can be done about it.
        var path: String
        var label: String
        /// What shows that it is done with; nil: something else shows it.
        let cure: Cure?
        /// What was told; nil: it was told before the daemon began.
        fileprivate var event: Settings.Notification.Event?
        /// The batch it was told of.
        private var batch: String?

        private enum CodingKeys: String, CodingKey {
            case time, text, tone, path, label, cure
        }

        init(_ notice: BatchNotice) {
            (cure, event, batch) = (Cure(of: notice), notice.event, notice.batch)
            let (tone, title) = notice.event.shown
            let subject = notice.batch ?? notice.job
            let place = NoticePlace(notice)
            (self.tone, path, label) = (tone.rawValue, place.path, place.label)
            // `2026-11-28T22:40:20.015Z`, as people read it elsewhere on the page.
            time = notice.at.prefix(19).replacing("T", with: " ") + " UTC"
            let rest = notice.reason ?? notice.event.counted(notice.counts)
            text = "\(title)\(subject.map { ": \($0)" } ?? "")\(rest.map { " – \($0)" } ?? "")"
        }

        /// It as batches stand now: one that waits no more is to be looked at, and nothing is to be done with it.
        func seen(beside batches: [String: Batch]) -> Item {
            guard let batch = batch.flatMap({ batches[$0] }), event?.isOver(for: batch) == true else { return self }
            var item = self
            (item.path, item.label) = (NoticePlace.page(ofBatch: batch.name), "Look")
            return item
        }
    }

    /// How many are kept.
    static let capacity = 15
    private let kept = Lock<[Item]>([])

    /// The last ones, the newest first.
    var items: [Item] { kept.withLock { $0 } }

    /// Shows what was told before, behind what was told since.
    func restore(_ items: [Item]) { kept.withLock { $0 = Array(($0 + items).prefix(Self.capacity)) } }

    /// Forgets that settings were not read: now they were.
    func forgetFailedReloads() {
        kept.withLock { $0.removeAll { $0.event == .reloadFailed } }
    }

    /// Many that went well, or that something else shows, do not push out the few that are shown here alone, nor the files of
    /// one job the alert of another. A pure rule.
    private static func leastNeeded(of items: [Item]) -> Int {
        let jobs = Dictionary(grouping: items.compactMap { $0.cure?.job }) { $0 }.mapValues(\.count)
        return items.lastIndex { $0.tone == Tone.good.rawValue } ?? items.lastIndex { $0.cure == nil }
            ?? items.lastIndex { $0.cure.map { jobs[$0.job, default: 0] > 1 } ?? false } ?? items.count - 1
    }

    func add(_ notice: BatchNotice) {
        let item = Item(notice)
        kept.withLock { kept in
            // What comes again and again, such as a file that is missing each night, stands here once.
            kept.removeAll { $0.text == item.text }
            kept.insert(item, at: 0)
            guard kept.count > Self.capacity else { return }
            kept.remove(at: Self.leastNeeded(of: kept))
        }
    }
}

extension Settings.Notification.Event {
    /// Whether a batch that waited for somebody when this was told waits for that no more.
    fileprivate func isOver(for batch: Batch) -> Bool {
        switch self {
        case .halted: batch.state != .halted
        case .paused: batch.state != .paused
        case .awaitingConfirmation: batch.state != .awaitingConfirmation
        case .inDoubt: batch.counts.inDoubt == 0
        default: false
        }
    }

    /// What became of a batch's records, in words; nil where this says nothing about the event.
    fileprivate func counted(_ counts: [String: Int]?) -> String? {
        guard self == .completed, let counts else { return nil }
        let parts = RecordStatus.allCases.compactMap { status -> String? in
            guard let count = counts[status.rawValue], count > 0 else { return nil }
            return "\(NumberFormat.count(count)) \(status.rawValue.replacing("_", with: " "))"
        }
        return parts.isEmpty ? nil : parts.joined(separator: ", ")
    }
}

/// The page on which something can be done about an event: from there it takes one or two clicks. A pure rule.
struct NoticePlace: Equatable {
    let path: String
    let label: String

    /// The page of a batch.
    static func page(ofBatch name: String) -> String { "/batches/" + PercentCoding.encoded(name) }

    init(_ notice: BatchNotice) {
        let batch = notice.batch.map(Self.page(ofBatch:))
        (path, label) =
            switch notice.event {
            case .halted: (batch.map { $0 + "/resume" } ?? "/health", batch == nil ? "Check" : "Resume")
            case .paused: (batch.map { $0 + "/resume" } ?? "/batches", "Resume")
            case .awaitingConfirmation: (batch.map { $0 + "/start" } ?? "/batches", "Start")
            case .inDoubt: (batch ?? "/batches", "Decide")
            case .completed, .failed, .diskLow, .diskFull, .diskFreed, .keyEnds, .notPurged, .restored:
                batch.map { ($0, "Look") } ?? ("/health", "Check")
            case .capReached: (batch ?? "/ledger", "Look")
            case .gateClosed, .gateOpened, .reloadFailed, .test: ("/health", "Check")
            case .noFile, .missed, .rejected: batch.map { ($0, "Look") } ?? ("/jobs", "Jobs")
            }
    }
}

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
