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
    let batches: Batches

    /// The lines.
    ///
    /// - Parameter width: Columns of the terminal; nil: as wide as it takes.
    /// - Returns: What stands above the batches, then these.
    func lines(fitting width: Int?) -> [StyledText] {
        let notices = [runner, hold.map { "batches after the restore wait: \($0)" }].compactMap(\.self)
        let room = width.map { $0 - 1 }
        let above = notices.flatMap { $0.split(separator: "\n") }.flatMap {
            LabelledText.broken(String($0), into: room)
        }
        return above.map { StyledText($0) } + batchLines(width)
    }

    private func batchLines(_ width: Int?) -> [StyledText] {
        switch batches {
        case .table(let rows, let hidden):
            let more = hidden == 0 ? [] : [StyledText("and \(NumberFormat.count(hidden)) more", .faint)]
            return BatchTable(rows).lines(fitting: width) + more
        case .one(let detail): return detail.lines(fitting: width)
        case .none(let isFiltered):
            let text =
                isFiltered
                ? "no such batches; \(Hint.status()) lists all"
                : "no batches yet; \(Hint.help(["run"])) says how the first is made"
            return [StyledText(text)]
        }
    }

    /// The lines as they fill a terminal's screen, a line of help the last.
    ///
    /// - Parameters:
    ///   - size: The terminal's.
    ///   - time: When it was read.
    /// - Returns: As many as the terminal has rows.
    func screen(_ size: TerminalOutput.Size, at time: WallTime) -> [StyledText] {
        let room = max(1, size.rows - 2)
        let lines = lines(fitting: size.columns)
        let shown =
            lines.count <= room
            ? lines
            : lines.prefix(room - 1) + [StyledText("and \(NumberFormat.count(lines.count - room + 1)) more", .faint)]
        let filling = [StyledText](repeating: StyledText(), count: max(0, size.rows - 1 - shown.count))
        let help = StyledText("q leaves; \(NumberFormat.time(time))", .faint)
        return (shown + filling + [help]).map { $0.shortened(to: max(1, size.columns - 1)) }
    }
}
