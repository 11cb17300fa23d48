/// A table of text that fits a terminal: columns that say nothing go first, then those that matter least; then a long name
/// loses its beginning.
struct TextTable {
    /// One column.
    struct Column {
        let title: String
        /// Rank 0 always stands there; the greater the rank the sooner it goes.
        let rank: Int
        var isNumeric = false
        /// The cells are names, which may be shown without their beginning.
        var isName = false
    }

    /// One cell.
    struct Cell {
        let text: String
        var tone: StyledText.Tone?

        init(_ text: String, _ tone: StyledText.Tone? = nil) { (self.text, self.tone) = (text, tone) }
    }

    private let columns: [Column]
    private let rows: [[Cell]]
    private static let gap = 2
    /// A name is shortened to this many columns before anything but the least important columns goes.
    private static let shortestName = 12

    /// Describes a table; each row has a cell for each column.
    init(_ columns: [Column], rows: [[Cell]]) {
        (self.columns, self.rows) = (columns, rows)
    }

    /// The lines, the header first.
    ///
    /// - Parameter width: Columns of the terminal; nil: as wide as it takes.
    /// - Returns: One for each row, and the header.
    func lines(fitting width: Int?) -> [StyledText] {
        // A column in which no cell says anything takes room for nothing.
        var shown = columns.indices.filter { columns[$0].rank == 0 || rows.isEmpty || !isEverywhere(["", "-"], $0) }
        var widths = columns.indices.map(naturalWidth)
        if let width { fit(&shown, &widths, into: width) }
        let header = line(columns.map { Cell($0.title, .strong) }, shown, widths)
        return ([header] + rows.map { line($0, shown, widths) }).map { line in
            width.map { line.shortened(to: max(1, $0 - 1)) } ?? line
        }
    }

    /// Whether all cells of a column are among such texts.
    private func isEverywhere(_ texts: [String], _ column: Int) -> Bool {
        rows.allSatisfy { texts.contains($0[column].text) }
    }

    /// Which column goes first: the greatest; one of zeros before all that are not, but for those that always stand there.
    private func dispensability(_ column: Int) -> (Int, Int) {
        let rank = columns[column].rank
        return (rank > 0 && isEverywhere(["0"], column) ? 1 : 0, rank)
    }

    private func naturalWidth(_ column: Int) -> Int {
        rows.reduce(columns[column].title.count) { max($0, $1[column].text.count) }
    }

    private func fit(_ shown: inout [Int], _ widths: inout [Int], into width: Int) {
        func taken() -> Int { shown.reduce(-Self.gap) { $0 + widths[$1] + Self.gap } }
        // A terminal that has written into its last column may wrap.
        let room = width - 1
        while taken() > room {
            let names = shown.filter { columns[$0].isName }
            let spare = names.reduce(0) { $0 + max(0, widths[$1] - Self.shortestName) }
            guard taken() - spare > room, let least = shown.max(by: { dispensability($0) < dispensability($1) }),
                columns[least].rank > 0
            else {
                for name in names {
                    widths[name] = max(min(widths[name], Self.shortestName), widths[name] - (taken() - room))
                }
                return
            }
            shown.removeAll { $0 == least }
        }
    }

    private func line(_ cells: [Cell], _ shown: [Int], _ widths: [Int]) -> StyledText {
        var line = StyledText()
        for column in shown {
            let cell = cells[column]
            let text = columns[column].isName ? ProgressLine.shortened(cell.text, to: widths[column]) : cell.text
            let padding = String(repeating: " ", count: max(0, widths[column] - text.count))
            if column != shown.first { line += StyledText(String(repeating: " ", count: Self.gap)) }
            if columns[column].isNumeric { line += StyledText(padding) }
            line += StyledText(text, cell.tone)
            if !columns[column].isNumeric, column != shown.last { line += StyledText(padding) }
        }
        return line
    }
}

/// Labels with what they say beside them; what is too long goes on below itself, broken between words.
struct LabelledText {
    private let rows: [(label: String, value: String, tone: StyledText.Tone?)]
    private static let gap = 2

    /// Describes pairs of label and value.
    init(_ rows: [(label: String, value: String, tone: StyledText.Tone?)]) { self.rows = rows }

    /// The lines.
    ///
    /// - Parameter width: Columns of the terminal; nil: as wide as it takes.
    /// - Returns: One for each row, and the header.
    func lines(fitting width: Int?) -> [StyledText] {
        let indent = (rows.map(\.label.count).max() ?? 0) + Self.gap
        return rows.flatMap { label, value, tone in
            let room = width.map { max(20, $0 - 1 - indent) }
            return Self.broken(value, into: room).enumerated().map { index, part in
                let start = index == 0 ? label : ""
                return StyledText(start + String(repeating: " ", count: indent - start.count))
                    + StyledText(part, tone)
            }
        }
    }

    /// A text in lines of at most so many columns, broken at blanks; a word that is longer, such as a path, stays whole.
    static func broken(_ text: String, into room: Int?) -> [String] {
        guard let room, text.count > room else { return [text] }
        var (lines, line) = ([String](), "")
        for word in text.split(separator: " ") {
            if line.isEmpty {
                line = String(word)
            } else if line.count + 1 + word.count > room {
                lines.append(line)
                line = String(word)
            } else {
                line += " \(word)"
            }
        }
        return lines + [line]
    }
}
