import Testing

@testable import JobRunner

@Suite struct HaltTextTests {
    @Test(arguments: [nil, "the certificate has expired", "the certificate has expired.", "curl: no route"])
    func aHaltQuotesTheLastWordInASentenceOfItsOwn(_ last: String?) {
        let halts: [Halt] = [
            .misconfigured(probes: 3, last: last), .outage(.seconds(300), last: last),
            .recordsRefused(probes: 3, last: last, batch: "b-1"),
        ]
        for halt in halts.map({ $0.named(for: "b-1") }) {
            #expect(halt.description.hasSuffix(" To continue: 'rollcall resume b-1'."))
            #expect(!halt.description.contains(".."), "\(halt)")
            #expect(halt.reason.hasSuffix("."))
            #expect(last.map { halt.reason.contains($0.prefix(20)) } ?? true)
        }
    }

    @Test(arguments: [
        (Halt.misconfigured(probes: 1, last: nil), "The API refused the probe, so the fault is on this side."),
        (.misconfigured(probes: 3, last: nil), "The API refused 3 probes in a row, so the fault is on this side."),
        (.outage(.seconds(1), last: nil), "The API has been out of reach for more than 1 second."),
        (.outage(.seconds(3600), last: nil), "The API has been out of reach for more than 1 hour."),
        (.outage(.seconds(90), last: nil), "The API has been out of reach for more than 90 seconds."),
        (
            .undecipherable(inARow: 1),
            "An answer could not be deciphered, or held nothing known; it was billed and is kept sealed."
        ),
        (
            .undecipherable(inARow: 3),
            "3 answers in a row could not be deciphered, or held nothing known; they were billed and are kept sealed."
        ),
        (.failing(1, of: 1, batch: "b"), "The last answer failed for good, so the file may not be what it seems."),
        (
            .failing(51, of: 100, batch: "b"),
            "51 of the last 100 answers failed for good, so the file may not be what it seems."
        ),
    ])
    func oneIsToldAsOne(halt: Halt, reason: String) {
        #expect(halt.reason == reason)
    }
}
