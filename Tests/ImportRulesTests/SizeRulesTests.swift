import Foundation
import Testing

@Suite("How large a folder and a file may be")
struct SizeRulesTests {
    /// More than a reader overlooks.
    private static let mostFiles = 20
    /// Longer ones hold more than one concept.
    private static let mostLines = 450

    @Test("No folder of the sources has more files than a reader overlooks, no file is longer than a concept")
    func sizes() throws {
        let files = try ImportScan.modules().flatMap(ImportScan.swiftFiles)
        let folders = Dictionary(grouping: files) { $0.split(separator: "/").dropLast().joined(separator: "/") }
        for (folder, files) in folders { #expect(files.count <= Self.mostFiles, "\(folder): \(files.count) files") }
        for file in files {
            let text = try Data(contentsOf: ImportScan.root.appending(path: file))
            let lines = text.count { $0 == UInt8(ascii: "\n") }
            #expect(lines <= Self.mostLines, "\(file): \(lines) lines")
        }
    }
}
