import Foundation
import Settings
import Testing

@Suite struct SettingsTests {
    let folder: SettingsFolder

    init() throws { folder = try SettingsFolder() }

    @Test func aMinimalFileWorksWithTheDefaults() throws {
        let settings = try folder.settings(minimal)
        #expect(settings.path == folder.path + "/rollcall.yaml")
        #expect(settings.database == folder.path + "/var/rollcall.sqlite")
        #expect(settings.sealingKey == folder.path + "/secrets/sealing.key")
        #expect(settings.keysFolder == folder.path + "/secrets")
        #expect(settings.jobs == folder.path + "/jobs")
        #expect(settings.output == folder.path + "/out")
        #expect(settings.confirmAbove.calls == 10000)
        #expect(settings.pricing == nil)
    }

    @Test func theEnvironmentNamesTheKeysFolder() throws {
        let settings = try folder.settings(minimal, environment: ["ROLLCALL_KEYS_FOLDER": "keys"])
        #expect(settings.keysFolder == folder.path + "/keys")
    }

    @Test(arguments: [
        ("credential:rollcall", "credential:rollcall"), ("fd:7", "fd:7"), ("keys/seal", "/keys/seal"),
        ("/srv/credential:x", "/srv/credential:x"),
    ])
    func theSealingKeyIsAFileOrHandedOver(_ value: String, read: String) throws {
        let settings = try folder.settings(minimal + "\n", environment: ["ROLLCALL_SEALING_KEY": value])
        #expect(settings.sealingKey == (read.hasPrefix("/keys") ? folder.path + read : read))
    }

    @Test func theAPISectionHasItsDefaults() throws {
        let api = try folder.settings(minimal).api
        #expect(api.baseURL == "https://127.0.0.1:8443/identity/accounts")
        #expect(api.clientCertificate == folder.path + "/pki/client.pem")
        #expect(api.requestTimeout == .seconds(30))
        #expect(api.connectTimeout == .seconds(5))
        #expect(api.requireEncryptedAnswers == false)
        #expect([api.clientKey, api.caCertificates, api.encryptionKeyID] == [nil, nil, nil])
        #expect(
            [api.clientCertificatePassword, api.clientKeyPassword, api.proxy] == [nil, nil, nil])
        #expect(api.decryptionKeys == [.init(file: folder.path + "/pki/decryption.pem", password: nil)])
    }

    @Test func theRunningSectionsHaveTheirDefaults() throws {
        let settings = try folder.settings(minimal)
        let limits = settings.limits
        #expect((limits.rate, limits.burst, limits.concurrency) == (20, 1, 32))
        #expect((limits.dailyCalls, limits.batchCalls) == (nil, nil))
        #expect(limits.timeZone == TimeZone(identifier: "UTC"))
        let retry = settings.retry
        #expect((retry.attempts, retry.baseDelay, retry.maxDelay) == (5, .milliseconds(500), .seconds(60)))
        #expect((retry.inDoubt, retry.inDoubtBudget) == (.hold, nil))
        let halt = settings.halt
        #expect((halt.probes, halt.probeInterval, halt.undecipherable) == (3, .seconds(20), 3))
        #expect(halt.outage == nil)
    }

    @Test func everyKeyIsRead() throws {
        let settings = try folder.settings(everything)
        #expect(settings.database == "/srv/rollcall.sqlite")
        #expect(settings.api.clientKey == folder.path + "/../pki/client.key")
        #expect(settings.api.clientKeyPassword == Secret("22:00"))
        #expect(settings.api.encryptionKeyID == "0x1F")
        #expect(settings.api.proxy == Secret("http://user:word@proxy.example:3128"))
        #expect(settings.api.requireEncryptedAnswers)
        #expect((settings.limits.rate, settings.limits.dailyCalls, settings.limits.batchCalls) == (0.5, 50000, 0))
        #expect(settings.limits.timeZone.identifier == "Europe/Zurich")
        #expect((settings.retry.inDoubt, settings.retry.inDoubtBudget) == (.retry, 0))
        #expect(settings.halt.outage == .seconds(6 * 3600))
        #expect(settings.confirmAbove.calls == 0)
        let pricing = try #require(settings.pricing)
        #expect(pricing.currency == "USD")
        #expect(pricing.tiers.map(\.upTo) == [100000, nil])
        #expect(pricing.tiers.map(\.each) == [Decimal(string: "0.10"), Decimal(string: "0.07")])
    }

    @Test(arguments: [
        ("500ms", Duration.milliseconds(500)), ("30s", .seconds(30)), ("5m", .seconds(300)), ("6h", .seconds(21600)),
        ("30d", .seconds(2_592_000)), ("\"30d\"", .seconds(2_592_000)), ("0001h", .seconds(3600)),
    ])
    func durationsHaveAUnit(text: String, duration: Duration) throws {
        // The outage has the widest range; 500ms is below it.
        let key = duration < .seconds(1) ? "retry: { base_delay" : "halt: { outage"
        let settings = try folder.settings(minimal + "\(key): \(text) }\n")
        #expect((duration < .seconds(1) ? settings.retry.baseDelay : settings.halt.outage) == duration)
    }

    @Test(arguments: [
        ("us", "sandbox", "https://sandbox.idv.mastercard.com/identity/accounts"),
        ("us", "production", "https://idv.mastercard.com/identity/accounts"),
        ("eu", "sandbox", "https://sandbox.idv.mastercard.eu/identity/accounts"),
        ("eu", "production", "https://idv.mastercard.eu/identity/accounts"),
        ("asia", "sandbox", "https://sandbox.idv.mastercard.asia/identity/accounts"),
        ("asia", "production", "https://idv.mastercard.asia/identity/accounts"),
    ])
    func regionAndEnvironmentMakeTheAddress(region: String, environment: String, address: String) throws {
        let parts = "region: \(region)\n  environment: \(environment)"
        let text = minimal.replacing("base_url: https://127.0.0.1:8443/identity/accounts", with: parts)
        #expect(try folder.settings(text).api.baseURL == address)
    }

    @Test func aSlashAtTheEndOfTheAddressIsTakenOff() throws {
        let text = minimal.replacing("/identity/accounts", with: "/identity/accounts/")
        #expect(try folder.settings(text).api.baseURL == "https://127.0.0.1:8443/identity/accounts")
    }

    @Test func anEmptySectionAndAByteOrderMarkAreHarmless() throws {
        #expect(try folder.settings("\u{FEFF}" + minimal + "limits:\n").limits.rate == 20)
    }

    @Test func theCanonicalDescriptionIsTheSameForTheSameSettings() throws {
        let one = try folder.settings(minimal + "retry: { max_delay: 60s, attempts: 5 }\n")
        let other = try folder.settings("retry: { max_delay: 1m }\n" + minimal)
        #expect(one.canonicalDescription == other.canonicalDescription)
        let third = try folder.settings(minimal + "retry: { attempts: 6 }\n")
        #expect(one.canonicalDescription != third.canonicalDescription)
        #expect(third.canonicalDescription.contains("retry.attempts=6\n"))
        #expect(third.canonicalDescription.contains("pricing") == false)
    }

    @Test func theCanonicalDescriptionHoldsEveryKeyAndNoSecret() throws {
        let text = try folder.settings(everything).canonicalDescription
        let keys = text.split(separator: "\n").map { $0.prefix { $0 != "=" } }.map(String.init)
        let elsewhere = ["api.region", "api.environment"]
        let passwords = Settings.keys.map(\.path).filter { $0.contains("password") }
        #expect(Set(Settings.keys.map(\.path)).subtracting(keys) == Set(elsewhere + passwords).subtracting(keys))
        #expect(text.contains("api.client_key_password=given\n"))
        #expect(!text.contains("22:00") && !text.contains("word@"))
    }

    @Test func aSecretNeverShows() {
        let secret = Secret("rosebud")
        var dumped = ""
        dump(secret, to: &dumped)
        #expect(![String(describing: secret), String(reflecting: secret), dumped].contains { $0.contains("rosebud") })
    }
}

private let everything = """
    database: /srv/rollcall.sqlite
    sealing_key: ./secrets/sealing.key
    keys_folder: /srv/rollcall-keys
    node: { name: night-a, folder: node }
    api:
      base_url: https://api.example/identity/accounts
      client_certificate: pki/client.pem
      client_key: ../pki/client.key
      client_key_password: 22:00
      ca_certificates: pki/ca.pem
      encryption_key: pki/encryption.pem
      encryption_key_id: 0x1F
      decryption_key: pki/decryption.pem
      request_timeout: 10s
      connect_timeout: 250ms
      proxy: http://user:word@proxy.example:3128
      require_encrypted_answers: true
    limits: { rate: 0.5, burst: 2, concurrency: 8, daily_calls: 50000, batch_calls: 0, time_zone: Europe/Zurich,
              monthly_cost: 500.00 }
    retry: { attempts: 2, base_delay: 1s, max_delay: 1s, in_doubt: retry, in_doubt_budget: 0 }
    halt: { probes: 1, probe_interval: 1s, undecipherable: 1, outage: 6h, failed: 12.5%, failed_of: 20 }
    confirm_above: { calls: 0, cost: 0.5 }
    max_invalid: 0%
    pricing: { currency: USD, tiers: [ { up_to: 100000, each: 0.10 }, { each: 0.07 } ] }
    daemon: { shutdown_grace: 0s, retention: 1h, poll: 1s }
    retention: { payloads: 1h, results: 1d, ledger: 3650d, archive: 2h, outputs: 3h, rejected: 4h }
    notify: { command: [bin/tell, --to, "rosebud 22:00"], on: halted }
    admin: { listen: 127.0.0.1:8377, certificate: pki/admin.pem, key: pki/admin.key, metrics: open }
    jobs: jobs
    output: /srv/out

    """
