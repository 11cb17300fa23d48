import Basics
import RecordStore
import Results

/// Batches in readable form, in the width there is. A pure value.
struct BatchTable {
    /// What a line says of one batch.
    struct Row {
        let batch: Batch
        var isStopped = false
        /// Whether the process that runs it makes no calls just now.
        var isWaiting = false
        /// What is left to be sent; nil if nothing is, or if it is not known yet how much.
        var rest: BatchOutlook.Rest?
        var cost = Cost.unknown
        /// Records finished per second, measured; nil: it was not, and the time to go is the least there can be.
        var measuredRate: Double?
        /// That it is older than its retention allows and still needed; nil where it is not.
        var overdue: RetentionPlan.Kept?
    }

    private static let columns: [TextTable.Column] = [
        .init(title: "BATCH", rank: 0, isName: true), .init(title: "STATE", rank: 0),
        .init(title: "DONE", rank: 1, isNumeric: true), .init(title: "FAILED", rank: 2, isNumeric: true),
        .init(title: "INVALID", rank: 6, isNumeric: true), .init(title: "IN DOUBT", rank: 3, isNumeric: true),
        .init(title: "ETA", rank: 4, isNumeric: true), .init(title: "RATE", rank: 7, isNumeric: true),
        .init(title: "COST", rank: 5, isNumeric: true), .init(title: "CREATED", rank: 8),
    ]

    private let rows: [Row]

    /// Describes batches, a line each.
    init(_ rows: [Row]) { self.rows = rows }

    /// The lines, the header first; then which batches are older than their retention allows, and why they are not
    /// purged.
    ///
    /// - Parameter width: Columns of the terminal; nil: as wide as it takes.
    /// - Returns: The header and the rows.
    func lines(fitting width: Int?) -> [StyledText] {
        TextTable(Self.columns, rows: rows.map(\.cells)).lines(fitting: width)
            + Self.overdueLines(rows.compactMap(\.overdue)).map { StyledText($0) }
    }

    /// Which batches are older than their retention allows, and why they are not purged.
    static func overdueLines(_ overdue: [RetentionPlan.Kept]) -> [String] {
        overdue.map { "not purged although older than its retention: \($0.batch.name) \($0.text)" }
    }

    /// Cells padded to the widest of their column, two spaces between columns.
    static func aligned(_ rows: [[String]]) -> String {
        let columns = rows.map(\.count).max() ?? 0
        let widths = (0..<columns).map { column in rows.map { column < $0.count ? $0[column].count : 0 }.max() ?? 0 }
        return rows.map { row in
            let cells = row.enumerated().map { column, cell in
                column == row.count - 1 ? cell : cell + String(repeating: " ", count: widths[column] - cell.count)
            }
            return cells.joined(separator: "  ")
        }.joined(separator: "\n")
    }
}

extension BatchTable.Row {
    fileprivate var cells: [TextTable.Cell] {
        let counts = batch.counts
        let done = counts.total - counts.queued - counts.inFlight
        // Where nobody sends, nothing moves at any rate.
        let isMoving = batch.state == .running && !isStopped && !isWaiting
        let rate = isMoving ? measuredRate : nil
        let seconds = isMoving ? rest?.seconds(at: rate) : nil
        return [
            .init(batch.name), .init(batch.stateText(isStopped: isStopped), batch.stateTone(isStopped: isStopped)),
            .init("\(NumberFormat.count(done))/\(NumberFormat.count(counts.total))"),
            .init(NumberFormat.count(counts.failed), counts.failed > 0 ? .bad : nil),
            .init(NumberFormat.count(counts.invalid), counts.invalid > 0 ? .bad : nil),
            .init(NumberFormat.count(counts.inDoubt), counts.inDoubt > 0 ? .doubtful : nil),
            .init(seconds.map(NumberFormat.duration) ?? "-"),
            .init(rate.map { "\(NumberFormat.rate($0))/s" } ?? "-"),
            .init(cost == .unknown ? "-" : cost.description), .init(NumberFormat.time(batch.createdAt)),
        ]
    }
}

extension BatchOutlook.Rest {
    /// Seconds to go at a measured rate, at the rate that is allowed where none was measured; nil while nothing moves.
    func seconds(at measured: Double?) -> Double? {
        guard let measured else { return seconds }
        return measured > 0 ? Double(calls) / measured : nil
    }

    func text(at measured: Double?, isMoving: Bool) -> String {
        let calls = NumberFormat.count(calls, "call")
        let allowed = "\(NumberFormat.rate(rate))/s"
        guard isMoving, measured != nil else {
            let condition = isMoving ? "" : " once it moves"
            return "\(calls), at least \(NumberFormat.duration(seconds: seconds)) at \(allowed)\(condition)"
        }
        guard let left = seconds(at: measured) else { return "\(calls); nothing moves, \(allowed) are allowed" }
        return "\(calls), about \(NumberFormat.duration(seconds: left)); \(allowed) are allowed"
    }
}

extension Batch {
    /// What its state means to whoever looks after it.
    func stateTone(isStopped: Bool) -> StyledText.Tone? {
        switch state {
        case .running: isStopped ? .doubtful : .good
        case .awaitingConfirmation, .paused: .doubtful
        case .halted, .rejected: .bad
        case .ingesting: .good
        case .completed, .cancelled: nil
        }
    }
}

/// All that `status BATCH` says of one batch. A pure value.
struct BatchDetail {
    let batch: Batch
    let outlook: BatchOutlook
    /// When a cap that paused it resets.
    var resumesAt: WallTime?
    /// Records finished per second, measured; nil: only the rate that is allowed is known.
    var measuredRate: Double?

    /// The lines.
    ///
    /// - Parameter width: Columns of the terminal; nil: as wide as it takes.
    /// - Returns: The header and the rows.
    func lines(fitting width: Int?) -> [StyledText] {
        var rows: [(label: String, value: String, tone: StyledText.Tone?)] = [
            ("batch", batch.name, .strong), ("file", batch.fileName, nil), ("job", batch.job, nil),
            (
                "state", batch.stateText(isStopped: outlook.isStopped),
                batch.stateTone(isStopped: outlook.isStopped)
            ),
        ]
        func add(_ label: String, _ value: String?, _ tone: StyledText.Tone? = nil) {
            if let value { rows.append((label, value, tone)) }
        }
        add("node", outlook.home.map { "\($0.node) on \($0.host)" })
        add("reason", batch.reason)
        if outlook.isStopped { add("resumes", "when its file is run again, or by \(Hint.daemon)") }
        add("resumes", resumesAt.map { "\(NumberFormat.time($0)), by itself where a daemon runs" })
        add("created", NumberFormat.time(batch.createdAt))
        add("finished", batch.finishedAt.map(NumberFormat.time))
        for scope in PurgeScope.allCases {
            add("\(scope.rawValue) purged", batch.purged[scope].map(NumberFormat.time))
        }
        add("not purged", outlook.overdue.map { "although older than its retention: it \($0.text)" }, .doubtful)
        add("records", NumberFormat.count(batch.counts.total))
        for status in RecordStatus.allCases where batch.counts[status] > 0 {
            add("  \(status.rawValue)", NumberFormat.count(batch.counts[status]), status.tone)
        }
        add("calls", NumberFormat.count(batch.counts.calls))
        add("retries", NumberFormat.count(batch.counts.retries))
        add("cost", outlook.cost.description)
        add("rate", measuredRate.map { "\(NumberFormat.rate($0))/s" })
        let isMoving = batch.state == .running && !outlook.isStopped && !outlook.isWaiting
        add("to go", outlook.rest.map { $0.text(at: measuredRate, isMoving: isMoving) })
        add("results", outlook.results)
        return LabelledText(rows).lines(fitting: width)
    }
}

extension RecordStatus {
    /// What a record's status means to whoever looks after the batch.
    fileprivate var tone: StyledText.Tone? {
        switch self {
        case .failed, .invalid: .bad
        case .inDoubt: .doubtful
        case .succeeded, .reused: .good
        case .queued, .inFlight, .cancelled: nil
        }
    }
}
