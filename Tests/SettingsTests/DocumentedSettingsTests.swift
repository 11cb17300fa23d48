import Foundation
import Settings
import TestSupport
import Testing

/// `docs/settings.md` and the examples in all pages, held against the decoder.
@Suite struct DocumentedSettingsTests {
    /// The tables of keys, by the headings above them.
    enum Table: String, CaseIterable {
        case settings = "Keys of rollcall.yaml"
        case job = "Keys of a job"

        var keys: [KeyDescription] {
            switch self {
            case .settings: SettingsReference.entries.filter { $0.place != .job }.map(\.key)
            case .job: JobDefinition.keys.filter { !Settings.keys.contains($0) }
            }
        }
    }

    @Test("The tables of keys are made from the decoder's own descriptions", arguments: Table.allCases)
    func theTablesAreTheDecoders(table: Table) throws {
        let text = SettingsReference.table(of: table.keys)
        #expect(try Documentation.part(table.rawValue, of: "docs/settings.md", writing: text) == text)
    }

    @Test("Every settings file in a page loads", arguments: try Documentation.pages())
    func everySettingsFileLoads(page: DocumentationPage) throws {
        for block in page.blocks where block.language == "yaml" {
            let folder = try SettingsFolder()
            for name in block.text.matches(of: /_file: (\S+)/) {
                try folder.write("secret\n", to: String(name.output.1))
            }
            #expect(block.lines.first?.hasPrefix("# rollcall.yaml") == true, "\(page.path): what file is it?")
            #expect(throws: Never.self, "\(page.path)") { _ = try folder.settings(block.text) }
        }
    }
}
