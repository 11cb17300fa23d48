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

    @Test("C modules are imported only in the module that wraps them", arguments: ["COpenSSL", "CCurl"])
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
