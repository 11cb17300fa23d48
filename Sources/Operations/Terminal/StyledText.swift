import Basics

/// One line of text, parts of which mean something that colour brings out. Colour never says anything that the words do
/// not.
struct StyledText: Equatable, Sendable {
    /// What a part means.
    enum Tone: Equatable, Sendable {
        /// Goes as it should.
        case good
        /// Needs somebody.
        case bad
        /// May need somebody.
        case doubtful
        /// Matters less.
        case faint
        /// A heading.
        case strong
    }

    private struct Span: Equatable {
        var text: String
        var tone: Tone?
    }

    private var spans: [Span]

    /// Text that means one thing.
    init(_ text: String = "", _ tone: Tone? = nil) {
        spans = text.isEmpty ? [] : [Span(text: text, tone: tone)]
    }

    /// The characters.
    var plain: String { spans.map(\.text).joined() }

    /// How many characters it has, each of which is taken to fill one column.
    var count: Int { spans.reduce(0) { $0 + $1.text.count } }

    static func += (text: inout StyledText, other: StyledText) { text.spans += other.spans }

    static func + (text: StyledText, other: StyledText) -> StyledText {
        var sum = text
        sum += other
        return sum
    }

    /// Its beginning, in at most so many columns; what is cut off shows as an ellipsis.
    func shortened(to columns: Int) -> StyledText {
        guard count > columns else { return self }
        var (left, kept) = (max(0, columns - 1), StyledText())
        for span in spans {
            kept += StyledText(String(span.text.prefix(left)), span.tone)
            left -= min(left, span.text.count)
        }
        return columns > 0 ? kept + StyledText("…") : kept
    }

    /// The text for a terminal: without what could steer it, and in colour where that is wanted.
    func rendered(inColor showsColor: Bool) -> String {
        spans.map { span in
            let text = PlainText.line(span.text)
            guard showsColor, let tone = span.tone else { return text }
            return "\u{1B}[\(tone.parameter)m\(text)\u{1B}[0m"
        }.joined()
    }
}

extension StyledText.Tone {
    /// Select graphic rendition (ECMA-48, SGR): the terminal's own green, red, yellow, faint and bold, which its owner
    /// has chosen for a light or a dark ground.
    fileprivate var parameter: Int {
        switch self {
        case .good: 32
        case .bad: 31
        case .doubtful: 33
        case .faint: 2
        case .strong: 1
        }
    }
}

extension [StyledText] {
    /// Lines wherever they go, in colour or not.
    func rendered(on output: TerminalOutput) -> String { map(output.rendered).joined(separator: "\n") }
}
