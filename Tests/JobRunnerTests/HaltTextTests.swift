import Testing

@testable import JobRunner

@Suite struct HaltTextTests {
    @Test(arguments: [nil, "the certificate has expired", "the certificate has expired.", "curl: no route"])
    func aHaltQuotesTheLastWordInASentenceOfItsOwn(_ last: String?) {
        let halts: [Halt] = [
            .misconfigured(probes: 3, last: last), .outage(.seconds(300), last: last),
            .recordsRefused(probes: 3, last: last, batch: "b-1"),
        ]
        for halt in halts {
            #expect(!halt.description.contains(".."), "\(halt)")
            #expect(halt.reason.hasSuffix("."))
            #expect(last.map { halt.reason.contains($0.prefix(20)) } ?? true)
        }
    }
}
