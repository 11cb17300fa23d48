import Foundation

/// One `import` statement found in a source file.
struct FoundImport {
    let file: String
    let line: Int
    let module: String
}

/// Reads the imports of Swift files as text, as a reader would.
enum ImportScan {
    /// The package's root, found from this file.
    static let root = URL(filePath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    /// The modules on disk: every folder of `Sources` with Swift in it, and `migrations`.
    static func modules() throws -> [String] {
        let sources = try FileManager.default.contentsOfDirectory(atPath: root.appending(path: "Sources").path)
        return try (sources.map { "Sources/\($0)" } + ["migrations"]).filter { try !swiftFiles(in: $0).isEmpty }
    }

    /// Every Swift file below a folder of the package.
    static func swiftFiles(in folder: String) throws -> [String] {
        let enumerator = FileManager.default.enumerator(atPath: root.appending(path: folder).path)
        return (enumerator?.allObjects as? [String] ?? []).filter { $0.hasSuffix(".swift") }.map { "\(folder)/\($0)" }
    }

    /// The imports of one folder's Swift files.
    static func imports(in folder: String) throws -> [FoundImport] {
        try swiftFiles(in: folder).flatMap { file in
            let text = try String(contentsOf: root.appending(path: file), encoding: .utf8)
            return text.split(separator: "\n", omittingEmptySubsequences: false).enumerated().compactMap {
                index, line in
                module(of: line).map { FoundImport(file: file, line: index + 1, module: $0) }
            }
        }
    }

    /// The module a line imports: `public import struct A.B` gives `A`.
    static func module(of line: Substring) -> String? {
        // The pattern alone takes a minute for all lines of the package.
        guard line.contains("import") else { return nil }
        let statement =
            /^\s*(@\w+(\([^)]*\))?\s+)*((public|package|internal|fileprivate|private)\s+)?import\s+((struct|class|enum|protocol|func|let|var|typealias)\s+)?(?<module>\w+)/
        return line.firstMatch(of: statement).map { String($0.output.module) }
    }
}
