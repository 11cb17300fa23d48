import Basics
import Settings

/// The last things that the daemon told of, for the first page of the administration.
final class RecentNotices: Sendable {
    /// One of them.
    struct Item: Equatable, Sendable {
        let time: String
        let text: String
        let tone: String
        /// The page on which something can be done about it.
        let path: String
        let label: String

        init(_ notice: BatchNotice) {
            let (tone, title) = notice.event.shown
            let subject = notice.batch ?? notice.job
            let place = NoticePlace(notice)
            (self.tone, path, label) = (tone.rawValue, place.path, place.label)
            // `2026-11-28T22:40:20.015Z`, as people read it elsewhere on the page.
            time = notice.at.prefix(19).replacing("T", with: " ") + " UTC"
            text = "\(title)\(subject.map { ": \($0)" } ?? "")\(notice.reason.map { " – \($0)" } ?? "")"
        }
    }

    /// How many are kept.
    static let capacity = 12
    private let kept = Lock<[Item]>([])

    /// The last ones, the newest first.
    var items: [Item] { kept.withLock { $0 } }

    func add(_ notice: BatchNotice) {
        let item = Item(notice)
        kept.withLock { kept in
            kept.insert(item, at: 0)
            kept = Array(kept.prefix(Self.capacity))
        }
    }
}

/// The page on which something can be done about an event: from there it takes one or two clicks. A pure rule.
struct NoticePlace: Equatable {
    let path: String
    let label: String

    init(_ notice: BatchNotice) {
        let batch = notice.batch.map { "/batches/" + PercentCoding.encoded($0) }
        (path, label) =
            switch notice.event {
            case .halted: (batch.map { $0 + "/resume" } ?? "/health", batch == nil ? "Check" : "Resume")
            case .paused: (batch.map { $0 + "/resume" } ?? "/batches", "Resume")
            case .awaitingConfirmation: (batch.map { $0 + "/start" } ?? "/batches", "Start")
            case .completed, .failed, .diskFull, .diskFreed, .keyEnds, .notPurged, .restored:
                batch.map { ($0, "Look") } ?? ("/health", "Check")
            case .capReached: (batch ?? "/ledger", "Look")
            case .gateClosed, .gateOpened, .reloadFailed, .test: ("/health", "Check")
            case .noFile: ("/jobs", "Jobs")
            case .missed, .rejected: batch.map { ($0, "Look") } ?? ("/jobs", "Jobs")
            }
    }
}
