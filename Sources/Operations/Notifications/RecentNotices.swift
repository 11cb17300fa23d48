import Basics
import RecordStore
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
        /// The batch that waited for somebody then; nil: none did, or it was told before the daemon began.
        private var waiting: WaitingBatch?
        /// What shows that it is done with; nil: something else shows it.
        let cure: Cure?

        private enum CodingKeys: String, CodingKey {
            case time, text, tone, path, label, cure
        }

        init(_ notice: BatchNotice) {
            (cure, waiting) = (Cure(of: notice), WaitingBatch(of: notice))
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
            guard let waiting, let batch = batches[waiting.name], !waiting.waits(batch) else { return self }
            var item = self
            (item.path, item.label) = (NoticePlace.page(ofBatch: waiting.name), "Look")
            return item
        }
    }

    /// A batch that waited for somebody when an event was told.
    struct WaitingBatch: Equatable, Sendable {
        let name: String
        let event: Settings.Notification.Event

        /// Nil where an event says of no batch that it waits.
        init?(of notice: BatchNotice) {
            guard let name = notice.batch, [.halted, .paused, .awaitingConfirmation, .inDoubt].contains(notice.event)
            else { return nil }
            (self.name, event) = (name, notice.event)
        }

        /// Whether it waits for the same still.
        func waits(_ batch: Batch) -> Bool {
            switch event {
            case .halted: batch.state == .halted
            case .paused: batch.state == .paused
            case .awaitingConfirmation: batch.state == .awaitingConfirmation
            default: batch.counts.inDoubt > 0
            }
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
        let title = Settings.Notification.Event.reloadFailed.shown.title
        kept.withLock { $0.removeAll { $0.text.hasPrefix(title) } }
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
