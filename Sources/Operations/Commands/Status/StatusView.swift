import Basics
import RecordStore
import Results

/// What `status` shows for people, at one time: who runs the database, and the batches. A pure value.
struct StatusView {
    /// The batches.
    enum Batches {
        /// A line each; `hidden` are further ones that there is no room for.
        case table([BatchTable.Row], hidden: Int)
        /// One, in full.
        case one(BatchDetail)
        /// None fits what was asked for.
        case none(isFiltered: Bool)
    }

    /// Which process runs the database, and why no calls are made where that is so; nil: nothing is to be said.
    let runner: String?
    /// What batches wait for after a restore; nil: nothing.
    let hold: String?
    /// Which nodes share the database; nil: there is one runner.
    var nodes: String?
    /// Which months' keys are missing; nil: none.
    var keys: String?
    let batches: Batches

    /// The lines.
    ///
    /// - Parameter width: Columns of the terminal; nil: as wide as it takes.
    /// - Returns: What stands above the batches, then these.
    func lines(fitting width: Int?) -> [StyledText] {
        switch batches {
        case .table(let rows, let hidden):
            notices(width) + BatchTable(rows).lines(fitting: width) + Self.more(hidden, "batch")
        case .one(let detail): notices(width) + detail.lines(fitting: width)
        case .none(let isFiltered): notices(width) + [Self.nothing(isFiltered)]
        }
    }

    private func notices(_ width: Int?) -> [StyledText] {
        let notices = [runner, hold.map { "batches after the restore wait: \($0)" }, nodes, keys].compactMap(\.self)
        let room = width.map { $0 - 1 }
        return notices.flatMap { $0.split(separator: "\n") }.flatMap {
            LabelledText.broken(String($0), into: room)
        }.map { StyledText($0) }
    }

    private static func nothing(_ isFiltered: Bool) -> StyledText {
        StyledText(
            isFiltered
                ? "no such batches; \(Hint.status()) lists all"
                : "no batches yet; \(Hint.help(["run"])) says how the first is made")
    }

    private static func more(_ count: Int, _ noun: String) -> [StyledText] {
        count == 0 ? [] : [StyledText("and \(NumberFormat.count(count, "more \(noun)"))", .faint)]
    }
}

extension StatusView {
    /// The lines as they fill a terminal's screen, a line of help the last.
    ///
    /// - Parameters:
    ///   - size: The terminal's.
    ///   - time: When it was read.
    /// - Returns: As many as the terminal has rows.
    func screen(_ size: TerminalOutput.Size, at time: WallTime) -> [StyledText] {
        let room = max(1, size.rows - 1)
        let notices = notices(size.columns)
        let shown = (notices + batchLines(size.columns, in: room - notices.count)).prefix(room)
        let filling = [StyledText](repeating: StyledText(), count: room - shown.count)
        let help = StyledText("q leaves; \(NumberFormat.time(time))", .faint)
        return (shown + filling + [help]).map { $0.shortened(to: max(1, size.columns - 1)) }
    }

    /// The batches in so many lines; what there is no room for is counted in the last.
    private func batchLines(_ width: Int, in room: Int) -> [StyledText] {
        switch batches {
        case .table(let rows, let hidden):
            let whole = BatchTable(rows).lines(fitting: width)
            if hidden == 0, whole.count <= room { return whole }
            // A line for the header, and one for the count.
            let shown = Array(rows.prefix(max(1, room - 2)))
            let table = BatchTable(shown).lines(fitting: width)
            let more = Self.more(hidden + rows.count - shown.count, "batch")
            // Below the batches stand notes on some of them, which are left out first.
            return table.prefix(max(shown.count + 1, room - more.count)) + more
        case .one(let detail):
            let lines = detail.lines(fitting: width)
            let shown = lines.count <= room ? lines.count : max(1, room - 1)
            return lines.prefix(shown) + Self.more(lines.count - shown, "line")
        case .none(let isFiltered): return [Self.nothing(isFiltered)]
        }
    }
}
