import Foundation
import TestSupport
import Testing

@Suite("The documentation agrees with the repository")
struct DocumentationTests {
    @Test("The pages that a reader looks for are there")
    func pagesAreThere() throws {
        let pages = try Set(Documentation.pages().map(\.path))
        let expected = [
            "architecture", "states", "development", "input", "results", "settings", "operating", "security",
            "reliability",
            "performance",
        ]
        #expect(pages.isSuperset(of: expected.map { "docs/\($0).md" }))
        #expect(pages.isSuperset(of: ["README.md", "CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md"]))
    }

    @Test("Every link leads to a file, and to a heading where it names one", arguments: try Documentation.pages())
    func linksLeadSomewhere(page: DocumentationPage) throws {
        for link in page.links where !link.contains("://") {
            let parts = link.split(separator: "#", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            let folder = Documentation.root.appending(path: page.path).deletingLastPathComponent()
            let target =
                parts[0].isEmpty ? Documentation.root.appending(path: page.path) : folder.appending(path: parts[0])
            #expect(FileManager.default.fileExists(atPath: target.path), "\(page.path) links to \(link)")
            guard parts.count == 2 else { continue }
            let path = target.standardizedFileURL.path.dropFirst(Documentation.root.standardizedFileURL.path.count + 1)
            let fragments = try Documentation.page(String(path)).fragments
            #expect(fragments.contains(parts[1]), "\(page.path) links to \(link), of which there is no such heading")
        }
    }

    @Test("Every page of docs/ is linked from the README")
    func readmeLeadsEverywhere() throws {
        let links = try Set(Documentation.page("README.md").links)
        for page in try Documentation.pages() where page.path.hasPrefix("docs/") {
            #expect(links.contains(page.path), "README.md does not link to \(page.path)")
        }
    }

    @Test("Every make target that a page names is in the Makefile", arguments: try Documentation.pages())
    func makeTargetsAreThere(page: DocumentationPage) throws {
        let makefile = try String(contentsOf: Documentation.root.appending(path: "Makefile"), encoding: .utf8)
        let targets = Set(makefile.matches(of: /(?m)^([a-z-]+):/).map { String($0.output.1) })
        let lines = page.blocks.filter { $0.language == "sh" }.flatMap(\.lines) + page.spans
        for line in lines {
            guard let found = line.prefixMatch(of: /make ([a-z-]+)/) else { continue }
            #expect(targets.contains(String(found.output.1)), "\(page.path): there is no \(found.output.0)")
        }
    }

    @Test(
        "Every test that docs/security.md names is there, and each row names one", arguments: ["PCI DSS 4.0.1", "GDPR"])
    func everyTestNamedIsThere(heading: String) throws {
        let tests = try ImportScan.swiftFiles(in: "Tests").map {
            try String(contentsOf: ImportScan.root.appending(path: $0), encoding: .utf8)
        }.joined(separator: "\n")
        let rows = try Documentation.page("docs/security.md").rows(below: heading)
        #expect(!rows.isEmpty)
        for row in rows {
            let names = row[2].matches(of: /`(\w+)`/).map { String($0.output.1) }
            #expect(!names.isEmpty || row[1].hasPrefix("not yet"), "\(row[0]) has no test")
            for name in names { #expect(tests.contains("func \(name)("), "there is no test \(name) for \(row[0])") }
        }
    }

    @Test("The table of modules is the plan's")
    func modulesAreThePlans() throws {
        let rows = try Documentation.page("docs/architecture.md").rows(below: "Modules")
        let told = rows.reduce(into: [String: Set<String>]()) { told, row in
            let name = row[0].replacing("`", with: "")
            let path = name == "migrations" ? name : "Sources/\(name)"
            told[path] = Set(row[2].matches(of: /`(\w+)`/).map { String($0.output.1) })
        }
        for (module, allowed) in ImportPlan.arrows {
            #expect(told[module] == allowed, "docs/architecture.md says otherwise of what \(module) may import")
        }
        #expect(told.count == ImportPlan.arrows.count)
    }

    @Test(
        "Every function on a record's way is in the file that is named",
        arguments: ["Taken in", "Claimed", "Called", "Settled", "Written", "When something goes wrong"])
    func functionsAreThere(heading: String) throws {
        let rows = try Documentation.page("docs/architecture.md").rows(below: heading)
        #expect(!rows.isEmpty)
        for row in rows {
            let files = row[0].matches(of: /`([^`]+)`/).map { "Sources/\($0.output.1)" }
            let source = try files.map {
                try String(contentsOf: ImportScan.root.appending(path: $0), encoding: .utf8)
            }.joined(separator: "\n")
            for name in row[1].matches(of: /`([\w.]+)`/).map({ $0.output.1 }) {
                let parts = name.split(separator: ".")
                let type = try Regex("(struct|class|enum|protocol|actor|extension) \(parts[0])\\b")
                #expect(source.contains(type), "\(files) do not have \(parts[0])")
                guard parts.count == 2 else { continue }
                let member = try Regex(parts[1] == "init" ? "init\\(" : "(func|var) \(parts[1])\\b")
                #expect(source.contains(member), "\(files) do not have \(name)")
            }
        }
    }
}
