import Foundation

/// The figures as a table for people.
enum Table {
    private static let widths = [46, 11, 15, 15]

    static func text(of reports: [CaseReport]) -> String {
        let head = line(["", "median", "target", "final target"])
        return ([head] + reports.flatMap(lines)).joined(separator: "\n")
    }

    private static func lines(of report: CaseReport) -> [String] {
        let note = report.skipped.map { ["  left out: \($0)"] } ?? []
        return [report.name.rawValue] + note + report.figures.map(line)
    }

    private static func line(of figure: Figure) -> String {
        let value = "\(digits(figure.value)) \(figure.unit.rawValue)"
        guard let target = figure.target else { return line(["  " + figure.name, value]) }
        let cells = [target.now, target.final].map { bound in
            "\(target.side.rawValue) \(digits(bound)) \(target.verdict(on: figure.value, bound: bound))"
        }
        return line(["  " + figure.name, value] + cells)
    }

    /// The first cell stands left, the others right.
    private static func line(_ cells: [String]) -> String {
        zip(cells, widths).enumerated().map { index, cell in
            let padding = String(repeating: " ", count: max(0, cell.1 - cell.0.count))
            return index == 0 ? cell.0 + padding : padding + cell.0
        }.joined(separator: "  ")
    }

    /// Two digits behind the point below 10, one below 100, none above.
    private static func digits(_ value: Double) -> String {
        String(format: value < 10 ? "%.2f" : value < 100 ? "%.1f" : "%.0f", value)
    }
}
