import Mustache
import RecordStore

/// The pages' templates, style and script, all of them part of the program.
struct PageTemplates: Sendable {
    static let style = String(decoding: PackageResources.style_css, as: UTF8.self)
    static let script = String(decoding: PackageResources.live_js, as: UTF8.self)

    private let library: MustacheLibrary

    private static let sources: [String: [UInt8]] = [
        "layout": PackageResources.layout_mustache, "sign-in": PackageResources.sign_in_mustache,
        "overview": PackageResources.overview_mustache, "batches": PackageResources.batches_mustache,
        "batch": PackageResources.batch_mustache, "records": PackageResources.records_mustache,
        "line": PackageResources.line_mustache, "action": PackageResources.action_mustache,
        "message": PackageResources.message_mustache, "jobs": PackageResources.jobs_mustache,
        "ledger": PackageResources.ledger_mustache, "upload": PackageResources.upload_mustache,
        "health": PackageResources.health_mustache, "bar": PackageResources.bar_mustache,
        "batch-table": PackageResources.batch_table_mustache, "check": PackageResources.check_mustache,
        "selection": PackageResources.selection_mustache,
    ]

    /// Reads the templates.
    ///
    /// - Throws: What is wrong with one of them, which no installation can bring about.
    init() throws {
        library = MustacheLibrary(
            templates: try Self.sources.mapValues {
                try MustacheTemplate(string: String(decoding: $0, as: UTF8.self))
            })
    }

    /// A page as HTML; what is inserted is escaped.
    func html(_ page: Page) -> String { library.render(page, withTemplate: page.template) ?? "" }
}

/// A page: what all have, and its own content. Templates read the members by their names.
struct Page {
    /// A way to another page.
    struct Section: Equatable {
        let path: String
        let title: String
        var isCurrent = false
    }

    /// The template's name.
    let template: String
    let title: String
    let content: Any
    /// Nil where nobody is signed in.
    var role: String?
    var isOperator = false
    var formKey: String?
    var sections: [Section] = []
    let version = Version.current

    /// A page for somebody who is signed in.
    ///
    /// - Parameters:
    ///   - template: The template's name.
    ///   - title: What the window shows.
    ///   - section: The path of the section that it belongs to.
    ///   - content: Its own content, of which the template reads the members.
    ///   - visitor: Whom it is for.
    init(_ template: String, title: String, in section: String, content: Any, for visitor: AdminVisitor) {
        (self.template, self.title, self.content) = (template, title, content)
        role = visitor.role.rawValue
        (isOperator, formKey) = (visitor.isOperator, visitor.formKey)
        sections = Self.sections(for: visitor.role, current: section)
    }

    /// A page for somebody who is not.
    init(_ template: String, title: String, content: Any) {
        (self.template, self.title, self.content) = (template, title, content)
    }

    /// The sections that a role may see.
    static func sections(for role: AdminTokens.Role, current: String) -> [Section] {
        [
            ("/", "Overview"), ("/batches", "Batches"), ("/jobs", "Jobs"), ("/ledger", "Ledger"),
            ("/upload", "Upload"), ("/health", "Health"),
        ].filter { role == .operator || $0.0 != "/upload" }.map {
            Section(path: $0.0, title: $0.1, isCurrent: $0.0 == current)
        }
    }
}

/// How something stands, by a colour and always by a word, too.
enum Tone: String, Sendable, Equatable {
    case good
    case busy
    case quiet
    case warning
    case bad
}

extension BatchState {
    /// How a batch in it stands.
    var pageTone: Tone {
        switch self {
        case .ingesting, .running: .busy
        case .awaitingConfirmation, .paused: .warning
        case .completed: .good
        case .halted, .rejected: .bad
        case .cancelled: .quiet
        }
    }

    /// Its name in words.
    var words: String { rawValue.replacing("_", with: " ") }
}

/// A bar of a hundred units in parts, each in the colour of what it stands for, drawn without any style in the page.
struct PartedBar: Equatable {
    /// One part; places in units of the bar.
    struct Part: Equatable {
        let tone: String
        let x: String
        let width: String
    }

    let parts: [Part]
    /// In words, for who does not see it.
    let description: String

    /// Divides a whole; what is left of it stays empty.
    init(_ counts: [(name: String, count: Int, tone: Tone)], of whole: Int) {
        var before = 0
        parts = counts.filter { $0.count > 0 }.map { part in
            defer { before += part.count }
            return Part(
                tone: part.tone.rawValue, x: Self.units(before, of: whole), width: Self.units(part.count, of: whole))
        }
        let words = counts.filter { $0.count > 0 }.map { "\(NumberFormat.count($0.count)) \($0.name)" }
        description = (words.isEmpty ? ["nothing yet"] : words).joined(separator: ", ")
    }

    private static func units(_ count: Int, of whole: Int) -> String {
        whole > 0 ? "\((Double(count) / Double(whole) * 10_000).rounded() / 100)" : "0"
    }
}

/// A share as a bar of a hundred units, drawn by the template `bar` without any style in the page.
struct ShareBar: Equatable {
    let label: String
    let value: String
    /// From 0 to 100.
    let width: Int
    var tone = Tone.busy.rawValue
    /// Where the label leads; nil: nowhere.
    var link: String?

    init(_ label: String, _ count: Int, of most: Int, tone: Tone = .busy, link: String? = nil) {
        (self.label, value) = (label, NumberFormat.count(count))
        width = most > 0 ? max(count > 0 ? 1 : 0, min(100, count * 100 / most)) : 0
        (self.tone, self.link) = (tone.rawValue, link)
    }
}
