import IdentityInsights

/// A score of the API, and what its ends mean (openapi 0.2.2, and the newer generation's parameter page).
struct Score: Equatable {
    /// How its values are grouped.
    enum Groups: Equatable {
        /// Ten of equal width from 0 to this value.
        case tenths(of: Double)
        /// One for each whole number.
        case each(ClosedRange<Int>)
    }

    /// Its column among the insights'.
    let column: String
    let title: String
    /// What a high value means.
    let meaning: String
    let groups: Groups

    /// All scores, in the order of the result files' columns.
    static let all = [
        Score(
            column: "user.scores.identityRisk", title: "Identity risk",
            meaning: "High: a riskier sign-up of the account.",
            groups: .tenths(of: 500)),
        Score(
            column: "user.details.email.emailRiskScore", title: "Email risk",
            meaning: "High: a riskier person, by the email address.",
            groups: .tenths(of: 1)),
        Score(
            column: "ip.scores.ipRisk", title: "IP risk", meaning: "High: a riskier person, by the IP address.",
            groups: .tenths(of: 1)),
        Score(
            column: "device.scores.deviceRiskFactor", title: "Device risk factor",
            meaning: "High: 3 and 4 ask for another factor, 5 for a refusal.", groups: .each(1...5)),
        Score(
            column: "device.scores.deviceInsightFactor", title: "Device insight factor",
            meaning: "High: a riskier device.", groups: .each(0...5)),
        Score(
            column: "device.scores.deviceTrustFactor", title: "Device trust factor",
            meaning: "High: a device that is trusted more. Here low is what to look at.", groups: .each(1...5)),
        Score(
            column: "device.score.deviceRisk", title: "Device risk", meaning: "High: a riskier device.",
            groups: .tenths(of: 1)),
    ]

    /// How many groups there are.
    var groupCount: Int {
        switch groups {
        case .tenths: 10
        case .each(let values): values.count
        }
    }

    /// The group of a value; nil for one outside the range that the API documents.
    func group(of value: Double) -> Int? {
        switch groups {
        case .tenths(let end): (0...end).contains(value) ? min(9, Int(value / end * 10)) : nil
        case .each(let values): Int(exactly: value).flatMap { values.contains($0) ? $0 - values.lowerBound : nil }
        }
    }

    /// A group's values, such as `0–49`, `0.1–0.2` or `3`.
    func label(of group: Int) -> String {
        switch groups {
        case .each(let values): "\(values.lowerBound + group)"
        case .tenths(of: 1): "0.\(group)–\(group == 9 ? "1.0" : "0.\(group + 1)")"
        case .tenths(let end):
            "\(group * Int(end) / 10)–\(group == 9 ? Int(end) : (group + 1) * Int(end) / 10 - 1)"
        }
    }
}

/// How many answers fall into each group of each score.
struct ScoreTally: Equatable {
    private static let columns = Score.all.map { InsightTree.column(of: $0.column) }

    /// For each of `Score.all`, the number of answers in each group.
    private(set) var counts = Score.all.map { [Int](repeating: 0, count: $0.groupCount) }
    /// For each, how many answers have a value outside the documented range.
    private(set) var outside = [Int](repeating: 0, count: Score.all.count)

    /// No answer yet.
    init() {}

    /// What a summary says. Scores that this version does not know, or groups differently, are left out.
    init(_ scores: [BatchSummary.ScoreCounts]) {
        for score in scores {
            guard let index = Score.all.firstIndex(where: { $0.column == score.column }),
                score.answers.count == counts[index].count
            else { continue }
            (counts[index], outside[index]) = (score.answers, score.outside)
        }
    }

    /// The scores that any answer has, for a summary.
    var counted: [BatchSummary.ScoreCounts] {
        Score.all.indices.filter { index in outside[index] + counts[index].reduce(0, +) > 0 }.map { index in
            BatchSummary.ScoreCounts(
                column: Score.all[index].column, answers: counts[index], outside: outside[index])
        }
    }

    /// Takes the scores of one answer.
    mutating func add(_ answer: AnswerCells) {
        for (index, column) in Self.columns.enumerated() {
            guard let column, let value = answer.number(in: column) else { continue }
            if let group = Score.all[index].group(of: value) {
                counts[index][group] += 1
            } else {
                outside[index] += 1
            }
        }
    }
}
