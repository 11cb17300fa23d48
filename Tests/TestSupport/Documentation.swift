package import Foundation

/// The pages that people read: Markdown at the package's root and in `docs/`.
package enum Documentation {
    /// The package's root, found from this file.
    package static let root = URL(filePath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    /// A part of a page that the program's own descriptions make: what stands between the comments
    /// `<!-- NAME: made by the program, 'make docs' -->` and `<!-- end -->`.
    ///
    /// With the variable `ROLLCALL_WRITE_DOCS` set the page gets the text, and there is nothing to be compared.
    ///
    /// - Parameters:
    ///   - name: The part's name.
    ///   - path: The page, by its path from the root.
    ///   - text: What is to stand there.
    /// - Returns: What stands there; nil where the page has no such part.
    /// - Throws: Where the page cannot be read or written.
    package static func part(_ name: String, of path: String, writing text: String) throws -> String? {
        let file = root.appending(path: path)
        let page = try String(contentsOf: file, encoding: .utf8)
        let begin = "<!-- \(name): made by the program, 'make docs' -->\n"
        guard let start = page.range(of: begin)?.upperBound,
            let end = page[start...].range(of: "<!-- end -->")?.lowerBound
        else { return nil }
        guard ProcessInfo.processInfo.environment["ROLLCALL_WRITE_DOCS"] != nil else {
            return String(page[start..<end])
        }
        try (page[..<start] + text + page[end...]).write(to: file, atomically: true, encoding: .utf8)
        return text
    }

    /// Every page, by its path from the root, sorted.
    package static func pages() throws -> [DocumentationPage] {
        let names = ["", "docs/", "Benchmarks/"].flatMap { folder in
            let found = try? FileManager.default.contentsOfDirectory(atPath: root.appending(path: folder).path)
            return (found ?? []).filter { $0.hasSuffix(".md") }.map { folder + $0 }
        }
        return try names.sorted().map(page)
    }

    /// One page.
    package static func page(_ path: String) throws -> DocumentationPage {
        DocumentationPage(path: path, text: try String(contentsOf: root.appending(path: path), encoding: .utf8))
    }
}

/// One page of Markdown, as far as a test wants to know it.
package struct DocumentationPage: Sendable, CustomStringConvertible {
    /// A fenced block of code.
    package struct Block: Sendable {
        /// What follows the fence: `sh`, `yaml`, `mermaid`; empty where nothing does.
        package let language: String
        /// The last heading before it, without its marks.
        package let heading: String
        /// The lines between the fences.
        package let lines: [String]

        /// The lines as one text, ending in a line break.
        package var text: String { lines.map { $0 + "\n" }.joined() }
    }

    /// The path from the package's root.
    package let path: String
    /// Its fenced blocks, in order.
    package private(set) var blocks: [Block] = []
    /// Its headings, without their marks, in order.
    package private(set) var headings: [String] = []
    /// The lines outside fenced blocks.
    package private(set) var prose: [String] = []

    /// Names the page in a test's output.
    package var description: String { path }

    init(path: String, text: String) {
        self.path = path
        var open: (language: String, lines: [String])?
        for line in text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init) {
            if line.hasPrefix("```") {
                if let block = open {
                    blocks.append(
                        Block(language: block.language, heading: headings.last ?? "", lines: block.lines))
                }
                open = open == nil ? (String(line.dropFirst(3)), []) : nil
            } else if open != nil {
                open?.lines.append(line)
            } else {
                prose.append(line)
                if let heading = line.wholeMatch(of: /#+ (.+)/) { headings.append(String(heading.output.1)) }
            }
        }
    }

    /// The code between single backquotes; what stands in a cell of a table has its `\|` undone.
    package var spans: [String] {
        prose.joined(separator: "\n").matches(of: /`([^`]+)`/).map {
            String($0.output.1).replacing("\n", with: " ").replacing("\\|", with: "|")
        }
    }

    /// The targets of its links.
    package var links: [String] {
        prose.joined(separator: "\n").matches(of: /\]\(([^)\s]+)\)/).map { String($0.output.1) }
    }

    /// The cells of each row of its tables, headers and rulers left out, below a heading; of all where that is nil.
    package func rows(below heading: String? = nil) -> [[String]] {
        var (isWanted, rows) = (heading == nil, [[String]]())
        for (index, line) in prose.enumerated() {
            if let found = line.wholeMatch(of: /#+ (.+)/), let heading { isWanted = found.output.1 == heading }
            let isHeader = index + 1 < prose.count && prose[index + 1].hasPrefix("|--")
            guard isWanted, line.hasPrefix("|"), !line.hasPrefix("|--"), !isHeader else { continue }
            let cells = line.dropFirst().dropLast().replacing("\\|", with: "\u{1}").split(
                separator: "|", omittingEmptySubsequences: false)
            rows.append(cells.map { $0.trimmingCharacters(in: .whitespaces).replacing("\u{1}", with: "|") })
        }
        return rows
    }

    /// The fragments that lead to its headings, by the rule of common hosts: lower case, blanks as hyphens, no marks.
    package var fragments: Set<String> {
        let marks = Set<Character>("-_")
        return Set(
            headings.map { heading in
                heading.lowercased().replacing(" ", with: "-").filter {
                    $0.isLetter || $0.isNumber || marks.contains($0)
                }
            })
    }
}
