import Testing

@testable import Emulator

@Suite struct ScenarioGrammarTests {
    @Test(
        "the local part names fault and number of calls",
        arguments: [
            ("iia+503@example.com", "503", nil), ("iia+503x2@example.com", "503", 2),
            ("iia+503x2.17@example.com", "503", 2), ("iia+reset.x9@example.com", "reset", nil),
            ("iia+429a3@example.com", "429a3", nil), ("iia+503a12x1@example.com", "503a12", 1),
            ("iia+hangx10@example.com", "hang", 10),
        ] as [(String, String, Int?)])
    func named(email: String, fault: String, calls: Int?) throws {
        let scenario = try #require(try Scenario(email: email))
        #expect(scenario.fault.name == fault)
        #expect(scenario.calls == calls)
    }

    @Test("other emails ask for nothing", arguments: ["ada@example.com", "iia@example.com", "ada+iia+503@example.com"])
    func none(email: String) throws {
        #expect(try Scenario(email: email) == nil)
    }

    @Test(
        "a name or number that makes no sense is an error",
        arguments: [
            "iia+@x.org", "iia+503x@x.org", "iia+503x-1@x.org", "iia+500a3@x.org", "iia+503a@x.org", "iia+x2@x.org",
        ])
    func unknown(email: String) {
        #expect(throws: Scenario.Unknown.self) { try Scenario(email: email) }
    }

    @Test("a scenario lasts for its number of calls")
    func lasting() throws {
        let scenario = try #require(try Scenario(email: "iia+500x2@example.com"))
        #expect((1...4).map { scenario.fault(ofCall: $0) != nil } == [true, true, false, false])
        let endless = try #require(try Scenario(email: "iia+500@example.com"))
        #expect(endless.fault(ofCall: 1000) != nil)
    }
}
