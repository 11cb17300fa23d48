/// Metrics in the text form that Prometheus reads (version 0.0.4 of its exposition format).
struct MetricsText {
    /// What a scraper may do with a metric's values.
    enum Kind: String {
        /// It only grows while the process lives.
        case counter
        /// It goes up and down.
        case gauge
        /// Counts of what was at most so large.
        case histogram
    }

    /// Whose a metric is: whether the values that the nodes of one database give are added up.
    enum Scope: String {
        /// This node's own: those of all nodes are added up, or looked at one by one.
        case node = "of this node"
        /// The database's: each node gives the same, so their maximum is taken.
        case database = "of the database"
    }

    private(set) var text = ""

    /// Adds a metric with one value for each value of a label.
    ///
    /// - Parameters:
    ///   - name: Its name, which begins with `rollcall_`.
    ///   - kind: What may be done with it.
    ///   - scope: Whose it is, which its help says.
    ///   - help: What it is, in one sentence.
    ///   - label: The label's name.
    ///   - values: The values, by the label's; nothing is written where there are none.
    mutating func add(
        _ name: String, _ kind: Kind, _ scope: Scope, _ help: String, by label: String, _ values: [String: Double]
    ) {
        guard !values.isEmpty else { return }
        begin(name, kind, scope, help)
        for (key, value) in values.sorted(by: { $0.key < $1.key }) {
            line(name, "{\(label)=\"\(Self.escaped(key))\"}", value)
        }
    }

    /// Adds a metric with one value; nothing is written where there is none.
    mutating func add(_ name: String, _ kind: Kind, _ scope: Scope, _ help: String, _ value: Double?) {
        guard let value else { return }
        begin(name, kind, scope, help)
        line(name, "", value)
    }

    /// Adds a histogram of this node's.
    ///
    /// - Parameters:
    ///   - name: Its name.
    ///   - help: What it is, in one sentence.
    ///   - bounds: The upper ends of its buckets, rising.
    ///   - counts: How many were in each bucket and in no lower one, and at the end those above all bounds.
    ///   - sum: The sum of all that were counted.
    mutating func addHistogram(_ name: String, _ help: String, bounds: [Double], counts: [Int], sum: Double) {
        begin(name, .histogram, .node, help)
        var total = 0
        for (bound, count) in zip(bounds, counts) {
            total += count
            line(name + "_bucket", "{le=\"\(Self.number(bound))\"}", Double(total))
        }
        total = counts.reduce(0, +)
        line(name + "_bucket", "{le=\"+Inf\"}", Double(total))
        line(name + "_sum", "", sum)
        line(name + "_count", "", Double(total))
    }

    private mutating func begin(_ name: String, _ kind: Kind, _ scope: Scope, _ help: String) {
        let help = "\(help) (\(scope.rawValue))"
        text += "# HELP \(name) \(Self.escaped(help, quotes: false))\n# TYPE \(name) \(kind.rawValue)\n"
    }

    private mutating func line(_ name: String, _ labels: String, _ value: Double) {
        text += "\(name)\(labels) \(Self.number(value))\n"
    }

    /// Whole numbers without a fraction, which a float's description would have.
    private static func number(_ value: Double) -> String {
        if value.isNaN { return "NaN" }
        if value.isInfinite { return value < 0 ? "-Inf" : "+Inf" }
        return Int64(exactly: value).map(String.init) ?? "\(value)"
    }

    private static func escaped(_ text: String, quotes: Bool = true) -> String {
        let plain = text.replacing("\\", with: "\\\\").replacing("\n", with: "\\n")
        return quotes ? plain.replacing("\"", with: "\\\"") : plain
    }
}
