import Emulator
import RecordStore
import TestSupport
import Testing

extension EndToEnd.Pages {
    @Suite("Pictures of the administration's pages", .timeLimit(.minutes(15)))
    struct AdministrationPicturesTests {
        private static let settings = """
            limits: { rate: 40, concurrency: 8, daily_calls: 5000, monthly_cost: 400 }
            retry: { base_delay: 10ms, max_delay: 50ms }
            halt: { probes: 2, probe_interval: 1s }
            admin: { listen: "127.0.0.1:0" }
            pricing: { currency: USD, tiers: [ { up_to: 1000, each: 0.10 }, { each: 0.07 } ] }

            """
        private static let jobs = [
            "sign-ups": "description: Accounts of the day, screened at night\nschedule: \"30 2 * * *\"\n"
                + "source: { glob: incoming/*.csv }\n",
            "partners": "description: Lists that partners send\nconfirm: true\n",
            "monthly-review": "description: All accounts, once a month\nschedule: \"0 4 1 * *\"\n"
                + "source: { glob: review/*.csv }\nenabled: false\n",
        ]

        /// Of each 40 lines one is refused, one is cut off, and one is invalid.
        private static func file(from first: Int, _ count: Int) -> String {
            let lines = (first..<(first + count)).map { number in
                switch number % 40 {
                case 7: Accounts.line(number, email: "iia+400.\(number)@example.com")
                case 19: Accounts.line(number, email: "iia+resetx1.\(number)@example.com")
                case 31: Accounts.line(number, email: "x")
                default: Accounts.line(number)
                }
            }
            return Accounts.header + lines.joined()
        }

        @Test(
            "A busy daemon, for people to look at",
            .enabled(if: Browser.pictures != nil, "make screenshots keeps them"))
        func busy() async throws {
            try await EndToEndInstallation.with(settings: Self.settings) { installation in
                try installation.makeFolder("jobs")
                for (name, text) in Self.jobs { try installation.write(text, to: "jobs/\(name).yaml") }
                let token = try await installation.adminToken("operator")
                let daemon = try await installation.daemon(folders: 0)
                for (name, first, count, job) in [
                    ("sign-ups-2026-11-27.csv", 1, 120, "sign-ups"), ("partners-north.csv", 1_000, 250, "partners"),
                    ("sign-ups-2026-11-28.csv", 2_000, 600, "sign-ups"),
                ] {
                    try installation.write(Self.file(from: first, count), to: name)
                    _ = try await installation.rollcall("submit", name, "--job", job)
                    if count == 120 { await daemon.waitForError(containing: "batch is over") }
                }
                let site = "http://127.0.0.1:\(try await daemon.administrationPort())"
                try await Browser.with(site: site, in: installation.path) { browser in
                    try await browser.open("/")
                    try await browser.type(token, into: "input[name=token]")
                    try await browser.click("form button")
                    let running = "sign-ups-2026-11-28-3"
                    try await waitUntil { try await installation.batch(running).counts.succeeded > 250 }
                    let pages = [
                        ("busy-overview", "/"), ("busy-batch", "/batches/\(running)"), ("busy-batches", "/batches"),
                        ("busy-jobs", "/jobs"), ("finished-batch", "/batches/sign-ups-2026-11-27-1"),
                        ("confirm", "/batches/partners-north-2/start"), ("busy-ledger", "/ledger"),
                    ]
                    for (name, path) in pages {
                        try await browser.open(path)
                        try await PageAudit.expectFine(name, in: browser, named: name)
                    }
                }
                try await installation.end(daemon)
            }
        }
    }
}
