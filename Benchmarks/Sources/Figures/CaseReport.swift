/// What came of a case.
package struct CaseReport: Sendable {
    package let name: String
    package let result: Result

    /// Figures, or the reason why there are none.
    package enum Result: Sendable {
        case measured([Figure])
        /// One sentence: what is wrong and what to do.
        case failed(String)
    }

    package init(name: String, result: Result) {
        self.name = name
        self.result = result
    }

    /// The figures; none where nothing could be measured.
    package var figures: [Figure] {
        switch result {
        case .measured(let figures): figures
        case .failed: []
        }
    }

    /// Why nothing could be measured; nil where it could.
    package var failure: String? {
        switch result {
        case .measured: nil
        case .failed(let reason): reason
        }
    }
}

/// What a whole measurement has shown; the raw value is the exit code.
package enum Verdict: Int32, Sendable {
    /// Every case could be measured, and no target was missed.
    case held = 0
    /// At least one target was missed, whatever else could not be measured.
    case missed = 1
    /// No target was missed, but at least one case could not be measured.
    case incomplete = 2

    package init(on reports: [CaseReport]) {
        if reports.contains(where: { $0.figures.contains { $0.isMet == false } }) {
            self = .missed
        } else if reports.contains(where: { $0.failure != nil }) {
            self = .incomplete
        } else {
            self = .held
        }
    }
}
