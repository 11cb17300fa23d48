import Foundation

/// What `Package.swift` declares, read as text: each target's folder and the modules it depends on.
struct PackageManifest {
    /// The targets with Swift in them, by their folder below the package's root.
    let dependencies: [String: Set<String>]

    /// Reads the manifest.
    ///
    /// - Parameter text: `Package.swift`, in the form this package writes it: `module(…)`, `tests(of: …)`, and
    ///   `.target(…)` or the like with `name:` and `dependencies:`.
    init(_ text: String) {
        let products = text.matches(of: /static let (\w+) = product\(name: "(\w+)"/).reduce(into: [:]) {
            $0[".\($1.output.1)"] = String($1.output.2)
        }
        func modules(in list: Substring) -> Set<String> {
            Set(
                list.matches(of: /"(\w+)"|(\.\w+)/).compactMap {
                    $0.output.1.map(String.init) ?? products[String($0.output.2 ?? "")]
                })
        }
        var found = [String: Set<String>]()
        for match in text.matches(of: /(?m)^ +module\(\s*"(\w+)"(?:,\s*\[([^\]]*)\])?/) {
            found["Sources/\(match.output.1)"] = modules(in: match.output.2 ?? "")
        }
        for match in text.matches(of: /(?m)^ +tests\(\s*of: "(\w+)"(?:,\s*\[([^\]]*)\])?/) {
            found["Tests/\(match.output.1)Tests"] = modules(in: match.output.2 ?? "").union([String(match.output.1)])
        }
        let written =
            /\.(target|executableTarget|testTarget)\(\s*name: "(\w+)",\s*dependencies: \[([^\]]*)\](?:,\s*path: "([^"]+)")?/
        for match in text.matches(of: written) {
            let folder = match.output.1 == "testTarget" ? "Tests" : "Sources"
            found[match.output.4.map(String.init) ?? "\(folder)/\(match.output.2)"] = modules(in: match.output.3)
        }
        dependencies = found
    }

    /// The manifest of this package.
    static func ours() throws -> PackageManifest {
        try PackageManifest(String(contentsOf: ImportScan.root.appending(path: "Package.swift"), encoding: .utf8))
    }
}
