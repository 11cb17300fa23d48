import Foundation
import Settings
import Testing

@Suite struct SettingsErrorTests {
    let folder: SettingsFolder

    init() throws { folder = try SettingsFolder() }

    struct Case: Sendable, CustomTestStringConvertible {
        let text: String
        let complaint: String
        init(_ text: String, _ complaint: String) { (self.text, self.complaint) = (text, complaint) }
        var testDescription: String { complaint }
    }

    /// Each text follows the five lines of the minimal file.
    @Test(arguments: [
        Case("limits: { rat: 5 }", "line 6: the key 'limits.rat' is unknown: the nearest is 'limits.rate'"),
        Case(
            "limits:\n  burst: 2\n  concurency: 5",
            "line 8: the key 'limits.concurency' is unknown: the nearest is 'limits.concurrency'"),
        Case("limit: { rate: 5 }", "line 6: the key 'limit' is unknown: the nearest is 'limits'"),
        Case("rate: 5", "line 6: the key 'rate' is unknown: the nearest is 'limits.rate'"),
        Case("retry: { burst: 5 }", "line 6: the key 'retry.burst' is unknown: the nearest is 'limits.burst'"),
        Case(
            "limits.rate: 5",
            "line 6: the key 'limits.rate' is unknown: write each of its parts on a line of its own, "
                + "indented below the one before"),
        Case(
            "keys_folder: k\ndatabase: mysql://u@h/db",
            "line 7: database must be a file, or a URL that begins with postgresql://: there is no engine for another"),
        Case(
            "sealing_key: credential:../x",
            "line 6: sealing_key must be a path, relative to this file or absolute, or credential:NAME or fd:NUMBER"),
        Case(
            "sealing_key: fd:1",
            "line 6: sealing_key must be a path, relative to this file or absolute, or credential:NAME or fd:NUMBER"),
        Case("databse: x", "line 6: the key 'databse' is unknown: the nearest is 'database'"),
        Case("limits: { rate: 0 }", "line 6: limits.rate must be a number of calls per second above 0, at most 100000"),
        Case(
            "limits: { rate: -1 }", "line 6: limits.rate must be a number of calls per second above 0, at most 100000"),
        Case(
            "limits: { rate: 1e3 }",
            "line 6: limits.rate must be a number of calls per second above 0, at most 100000"),
        Case(
            "limits: { rate: [5] }",
            "line 6: limits.rate must be a number of calls per second above 0, at most 100000"),
        Case("limits: { burst: 1.5 }", "line 6: limits.burst must be a whole number from 1 to 100000"),
        Case("limits: { concurrency: 0 }", "line 6: limits.concurrency must be a whole number from 1 to 1000"),
        Case("limits: { daily_calls: -1 }", "line 6: limits.daily_calls must be a whole number, at least 0"),
        Case(
            "limits: { daily_calls: 99999999999999999999 }",
            "line 6: limits.daily_calls must be a whole number, at least 0"),
        Case("limits: { daily_calls: }", "line 6: limits.daily_calls has no value: give one or take the line out"),
        Case("limits: { daily_calls: ~ }", "line 6: limits.daily_calls has no value: give one or take the line out"),
        Case(
            "limits: { time_zone: Mars/Olympus }",
            "line 6: limits.time_zone must be a time zone such as UTC or Europe/Zurich"),
        Case(
            "limits: 20",
            "line 6: limits must hold keys of its own, indented below it: "
                + "rate, burst, concurrency, daily_calls, batch_calls, monthly_cost, time_zone"),
        Case("retry: { attempts: 0 }", "line 6: retry.attempts must be a whole number from 1 to 100"),
        Case(
            "retry: { base_delay: 500 }",
            "line 6: retry.base_delay must be a duration such as 500ms, 30s, 5m, 6h or 30d, at most 1h"),
        Case(
            "retry: { base_delay: 0s }",
            "line 6: retry.base_delay must be a duration such as 500ms, 30s, 5m, 6h or 30d, at most 1h"),
        Case(
            "retry: { base_delay: 1.5s }",
            "line 6: retry.base_delay must be a duration such as 500ms, 30s, 5m, 6h or 30d, at most 1h"),
        Case(
            "retry:\n  base_delay: 2m\n  max_delay: 60s",
            "line 8: retry.max_delay must not be shorter than retry.base_delay"),
        Case("retry: { base_delay: 2m }", "line 6: retry.max_delay must not be shorter than retry.base_delay"),
        Case("retry: { in_doubt: held }", "line 6: retry.in_doubt must be hold or retry"),
        Case(
            "halt: { outage: 31d }",
            "line 6: halt.outage must be a duration such as 500ms, 30s, 5m, 6h or 30d, from 1s to 30d"),
        Case(
            "halt: { outage: 999999999999d }",
            "line 6: halt.outage must be a duration such as 500ms, 30s, 5m, 6h or 30d, from 1s to 30d"),
        Case(
            "admin: { listen: \"127.0.0.1:8377\", show_ids: all }",
            "line 6: admin.show_ids must be true or false"
        ),
        Case(
            "admin: { listen: 8377 }",
            "line 6: admin.listen must be an address and a port such as 127.0.0.1:8377 or [::1]:8377"),
        Case(
            "admin: { listen: \"0.0.0.0:8377\" }",
            "line 6: admin.listen beyond the loopback needs admin.certificate and admin.key"),
        Case(
            "admin: { listen: \"127.0.0.1:8377\", certificate: a.pem }",
            "line 6: admin.certificate needs admin.key"),
        Case("admin: { metrics: open }", "line 6: admin.metrics needs admin.listen, such as 127.0.0.1:8377"),
        Case("jobs: \"\"", "line 6: jobs must be a path, relative to this file or absolute"),
        Case(
            "jobs: jobs\njobs: more",
            "line 6: the key 'jobs' is given twice, keep one: this is the first of them"),
        Case("pricing: { currency: USD }", "line 6: pricing.currency needs pricing.tiers beside it"),
        Case("pricing: { tiers: [ { each: 1 } ] }", "line 6: pricing.tiers needs pricing.currency beside it"),
        Case(
            "pricing: { currency: usd, tiers: [ { each: 1 } ] }",
            "line 6: pricing.currency must be a currency of three capital letters, such as USD"),
        Case(
            "pricing:\n  currency: USD\n  tiers:\n    - { up_to: 5, each: 1 }",
            "line 9: pricing.tiers must be a list such as [ { up_to: 100000, each: 0.10 }, { each: 0.07 } ], "
                + "rising, the last without up_to"),
        Case(
            "pricing:\n  currency: USD\n  tiers:\n    - { each: 1 }\n    - { up_to: 5, each: 1 }",
            "line 10: pricing.tiers must be a list such as [ { up_to: 100000, each: 0.10 }, { each: 0.07 } ], "
                + "rising, the last without up_to"),
        Case(
            "pricing:\n  currency: USD\n  tiers:\n    - { each: -1 }",
            "line 9: each must be an amount such as 0.10, not negative"),
        Case(
            "pricing:\n  currency: USD\n  tiers:\n    - { upto: 5, each: 1 }",
            "line 9: the key 'upto' is unknown: the nearest is 'up_to'"),
        Case("? [a, b]\n: c", "line 6: a key must be a plain word"),
    ])
    func aWrongKeyOrValueIsNamedWithItsLine(_ wrong: Case) throws {
        let complaint = try folder.complaint { _ = try folder.settings(minimal + wrong.text + "\n") }
        #expect(complaint == "rollcall.yaml, " + wrong.complaint)
    }

    @Test(arguments: [
        "http://api.example", "api.example", "https://", "https://u:p@api.example", "https://a.example?x=1",
    ])
    func onlyAnHTTPSAddressIsTaken(address: String) throws {
        let text = minimal.replacing("https://127.0.0.1:8443/identity/accounts", with: "\"\(address)\"")
        let complaint = try folder.complaint { _ = try folder.settings(text) }
        #expect(
            complaint
                == "rollcall.yaml, line 2: api.base_url must be an address that starts with https:// and names a host")
    }

    @Test(arguments: [
        ("", "required keys are missing: api.base_url, api.client_certificate, api.encryption_key, api.decryption_key"),
        (
            "api: { base_url: https://a.example, client_certificate: a, encryption_key: b }",
            "a required key is missing: api.decryption_key"
        ),
        (
            "api: { region: eu, client_certificate: a, encryption_key: b }",
            "required keys are missing: api.environment, api.decryption_key"
        ),
    ])
    func missingKeysAreNamedTogether(text: String, complaint: String) throws {
        #expect(try folder.complaint { _ = try folder.settings(text) } == "rollcall.yaml: " + complaint)
    }

    @Test func addressAndRegionTogetherAreRefused() throws {
        let complaint = try folder.complaint { _ = try folder.settings(minimal + "  region: eu\n") }
        #expect(
            complaint
                == "rollcall.yaml, line 6: give either api.base_url or api.region with api.environment, not both")
    }

    @Test(arguments: [
        "  client_key_password: rose: bud\n", "  client_key_password: \"rosebud\n", "  client_key_password: *rosebud\n",
        "\trosebud: 1\n", "rosebud\n", "---\nrosebud: 1\n", "  client_key_password: [rosebud]\n", "  rosebud: [\n",
        "  client_key_password: {rosebud: 1}\n", "  client_key_password: !rosebud\n", "- rosebud\n",
        "  client_key_password: rosebud\n  client_key_password: rosebud\n", "  client_key_password: rosebud\u{1}\n",
        "  request_timeout: rosebud\n", "  base_url: rosebud\n", "admin: {listen: rosebud}\n", "limits: rosebud\n",
    ])
    func noErrorQuotesTheFile(rest: String) throws {
        let complaint = try #require(try folder.complaint { _ = try folder.settings(minimal + rest) })
        let isOfAKey = rest.contains("rosebud: 1") || rest.contains("rosebud: [")
        #expect(isOfAKey || !complaint.contains("rosebud"))
    }

    @Test func brokenYAMLIsPlacedByLineAndColumn() throws {
        let complaint = try folder.complaint { _ = try folder.settings("a: b: c\n") }
        #expect(
            complaint == "rollcall.yaml, line 1, column 5: this is not valid YAML: "
                + "check quotes, colons and indentation here and in the line above")
    }

    @Test func aFileThatIsNoneSaysWhy() throws {
        let remedy = "; name the settings with --config; 'rollcall emulator --dir emulator' writes some that work"
        let missing = try folder.complaint { _ = try Settings.load(path: folder.path + "/no.yaml", environment: [:]) }
        #expect(missing == "no.yaml: there is no such file" + remedy)
        try FileManager.default.createDirectory(atPath: folder.path + "/dir", withIntermediateDirectories: true)
        let directory = try folder.complaint { _ = try Settings.load(path: folder.path + "/dir", environment: [:]) }
        #expect(directory == "dir: it is not a regular file" + remedy)
        let large = try folder.complaint { _ = try folder.settings(String(repeating: "#", count: 1 << 20) + "\n") }
        #expect(large == "rollcall.yaml: it is larger than 1 MiB" + remedy)
        try Data([0x61, 0x3A, 0x20, 0xFC]).write(to: URL(fileURLWithPath: folder.path + "/latin1.yaml"))
        let latin = try folder.complaint {
            _ = try Settings.load(path: folder.path + "/latin1.yaml", environment: [:])
        }
        #expect(latin == "latin1.yaml: it is not UTF-8: save it as UTF-8 text" + remedy)
    }

    @Test func anErrorCarriesItsPartsForPrograms() throws {
        let path = try folder.write(minimal + "limits: { rat: 5 }\n", to: "rollcall.yaml")
        let error = try #require(throws: SettingsError.self) { try Settings.load(path: path, environment: [:]) }
        #expect((error.file, error.line, error.key, error.nearest) == (path, 6, "limits.rat", "limits.rate"))
    }
}
