import Foundation

/// The figures as JSON for scripts.
enum JSONReport {
    private struct Line: Encodable {
        let name: BenchmarkCase.RawValue
        let figures: [Number]
        let skipped: String?
    }

    private struct Number: Encodable {
        let name: String
        let unit: String
        let median: Double
        let samples: [Double]
        let target: Bound?
        let finalTarget: Bound?
    }

    private struct Bound: Encodable {
        let side: String
        let bound: Double
        let isMet: Bool
    }

    static func text(of reports: [CaseReport]) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        let lines = reports.map {
            Line(name: $0.name.rawValue, figures: $0.figures.map(number), skipped: $0.skipped)
        }
        return String(decoding: try encoder.encode(lines), as: UTF8.self)
    }

    private static func number(_ figure: Figure) -> Number {
        let bound = { (bound: Double) in
            figure.target.map {
                Bound(side: "\($0.side)", bound: bound, isMet: $0.isMet(by: figure.value, bound: bound))
            }
        }
        return Number(
            name: figure.name, unit: figure.unit.rawValue, median: figure.value, samples: figure.samples,
            target: figure.target.flatMap { bound($0.now) }, finalTarget: figure.target.flatMap { bound($0.final) })
    }
}
