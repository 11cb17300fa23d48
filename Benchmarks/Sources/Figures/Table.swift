import Foundation

/// The figures as a table for people.
package enum Table {
    private static let widths = [50, 12, 10, 6]

    /// A head and a line for each figure, with its value, its target and `PASS` or `FAIL`.
    package static func text(of reports: [CaseReport]) -> String {
        let head = line(["", "value", "target", ""])
        return ([head] + reports.flatMap(lines)).joined(separator: "\n")
    }

    private static func lines(of report: CaseReport) -> [String] {
        switch report.result {
        case .measured(let figures): [report.name] + figures.map(line)
        case .failed(let reason): [report.name, "  could not be measured: \(reason)"]
        }
    }

    private static func line(of figure: Figure) -> String {
        let measured = ["  " + figure.name, "\(digits(figure.value)) \(figure.unit.rawValue)"]
        guard let target = figure.target, let isMet = figure.isMet else { return line(measured) }
        let bound = "\(target.side.rawValue) \(digits(target.bound))"
        return line(measured + [bound, isMet ? "PASS" : "FAIL"])
    }

    /// The first cell is aligned to the left, the others to the right.
    private static func line(_ cells: [String]) -> String {
        zip(cells, widths).enumerated().map { index, cell in
            let padding = String(repeating: " ", count: max(0, cell.1 - cell.0.count))
            return index == 0 ? cell.0 + padding : padding + cell.0
        }.joined(separator: "  ")
    }

    /// Two decimal places below 10, one below 100, none above.
    private static func digits(_ value: Double) -> String {
        String(format: value < 10 ? "%.2f" : value < 100 ? "%.1f" : "%.0f", value)
    }
}

/// Round numbers as people write them.
package enum Count {
    /// `1M`, `100k` or `250`.
    package static func text(_ count: Int) -> String {
        if count >= 1_000_000, count.isMultiple(of: 1_000_000) { return "\(count / 1_000_000)M" }
        return count >= 1_000 && count.isMultiple(of: 1_000) ? "\(count / 1_000)k" : "\(count)"
    }
}
