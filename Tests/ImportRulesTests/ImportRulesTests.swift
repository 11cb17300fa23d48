import Testing

@Suite("The plan's arrows")
struct ImportRulesTests {
    @Test("Every module on disk stands in the plan and every module of the plan on disk")
    func modulesMatchThePlan() throws {
        #expect(try Set(ImportScan.modules()) == Set(ImportPlan.arrows.keys))
    }

    @Test("A module imports only what the plan allows", arguments: ImportPlan.arrows.keys.sorted())
    func importsFollowTheArrows(module: String) throws {
        let allowed = try #require(ImportPlan.arrows[module]).union(ImportPlan.everywhere)
        for found in try ImportScan.imports(in: module) {
            #expect(allowed.contains(found.module), "\(found.file):\(found.line) imports \(found.module)")
        }
    }

    @Test("A module imports everything that the plan allows it", arguments: ImportPlan.arrows.keys.sorted())
    func arrowsAreUsed(module: String) throws {
        let imported = try Set(ImportScan.imports(in: module).map(\.module))
        #expect(try #require(ImportPlan.arrows[module]).subtracting(imported).isEmpty)
    }

    @Test(
        "A target imports everything that it declares", arguments: try PackageManifest.ours().dependencies.keys.sorted()
    )
    func dependenciesAreUsed(target: String) throws {
        let declared = try #require(PackageManifest.ours().dependencies[target])
        let imported = try Set(ImportScan.imports(in: target).map(\.module))
        #expect(declared.subtracting(imported).isEmpty, "\(target) declares what no file of it imports")
    }

    @Test("The manifest is read whole: every module of the plan, and dependencies in every way of writing them")
    func manifestIsRead() throws {
        let manifest = try PackageManifest.ours()
        #expect(Set(ImportPlan.arrows.keys).isSubset(of: manifest.dependencies.keys))
        #expect(manifest.dependencies["migrations"] == ["GRDB"])
        #expect(manifest.dependencies["Tests/JOSETests"]?.isSuperset(of: ["JOSE", "OpenSSL"]) == true)
        #expect(manifest.dependencies["Sources/rollcall"]?.contains("ArgumentParser") == true)
        #expect(manifest.dependencies["Sources/Settings"] == ["Basics", "Schedules", "Yams"])
    }

    @Test(
        "C modules are imported only in the module that wraps them",
        arguments: ["COpenSSL", "CCurl", "CPostgres", "CXlsxWriter"])
    func cModulesStayInTheirModule(module: String) {
        #expect(ImportPlan.arrows.filter { $0.value.contains(module) }.count == 1)
    }

    @Test(
        "An import statement is recognised however it is written",
        arguments: [
            ("import A", "A"), ("public import A", "A"), ("@testable import A", "A"), ("import struct A.B", "A"),
            ("@preconcurrency internal import A", "A"), ("    import A", "A"), ("// import A", nil), ("important", nil),
        ] as [(String, String?)])
    func statements(line: String, module: String?) {
        #expect(ImportScan.module(of: Substring(line)) == module)
    }

    @Test("The scan finds imports at all")
    func scanIsNotBlind() throws {
        #expect(try ImportScan.imports(in: "Sources/rollcall").contains { $0.module == "ArgumentParser" })
    }
}
