import Foundation

/// The figures as JSON for scripts.
package enum JSONReport {
    private struct Case: Encodable {
        let name: String
        let figures: [Number]
        let failure: String?
    }

    private struct Number: Encodable {
        let name: String
        let unit: String
        let value: Double
        let summary: String
        let samples: [Double]
        let target: Bound?
    }

    private struct Bound: Encodable {
        let side: String
        let bound: Double
        let isMet: Bool
    }

    /// An array with an object for each case.
    ///
    /// - Throws: An error of the encoder, for a value that is no number.
    package static func text(of reports: [CaseReport]) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        let cases = reports.map {
            Case(name: $0.name, figures: $0.figures.map(number), failure: $0.failure)
        }
        return String(decoding: try encoder.encode(cases), as: UTF8.self)
    }

    private static func number(_ figure: Figure) -> Number {
        let bound = figure.target.map {
            Bound(side: "\($0.side)", bound: $0.bound, isMet: figure.isMet ?? false)
        }
        return Number(
            name: figure.name, unit: figure.unit.rawValue, value: figure.value, summary: figure.summary.rawValue,
            samples: figure.samples, target: bound)
    }
}
