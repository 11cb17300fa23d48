import Emulator
import Foundation
import OpenSSL
import RecordStore
import TestSupport
import Testing

extension EndToEnd.Commands {
    @Suite("Settings and keys that cannot be used are refused with the remedy")
    struct ConfigurationTests {
        @Test("An unknown key names file, line and the nearest right one")
        func unknownKey() async throws {
            try await EndToEndInstallation.with(settings: "limit: { rate: 5 }\n") { installation in
                try installation.write(Accounts.csv(1), to: "day.csv")
                let ended = try await installation.rollcall("run", "day.csv")
                #expect(ended.status == 78)
                #expect(ended.errors.contains("rollcall.yaml, line 12"), "\(ended.errors)")
                #expect(ended.errors.contains("limits"), "\(ended.errors)")
            }
        }

        @Test("A key that others can read is refused", arguments: ["pki/client.key", "pki/decryption.pem"])
        func openKey(file: String) async throws {
            try await EndToEndInstallation.with { installation in
                try installation.write(Accounts.csv(1), to: "day.csv")
                try installation.write(try installation.text(file), to: file, mode: 0o644)
                let ended = try await installation.rollcall("run", "day.csv")
                #expect(ended.status == 78)
                #expect(ended.errors.contains("chmod 600"), "\(ended.errors)")
            }
        }

        @Test("A private key under encryption_key and a public one under decryption_key are refused, naming the other")
        func swappedKeys() async throws {
            try await EndToEndInstallation.with { installation in
                try installation.write(Accounts.csv(1), to: "day.csv")
                let (encryption, decryption) = (
                    try installation.text("pki/encryption.pem"), try installation.text("pki/decryption.pem")
                )
                try installation.write(decryption, to: "pki/encryption.pem")
                let first = try await installation.rollcall("run", "day.csv")
                #expect(first.status == 78)
                #expect(first.errors.contains("decryption_key"), "\(first.errors)")
                try installation.write(encryption, to: "pki/encryption.pem")
                try installation.write(encryption, to: "pki/decryption.pem")
                let second = try await installation.rollcall("run", "day.csv")
                #expect(second.status == 78)
                #expect(second.errors.contains("encryption_key"), "\(second.errors)")
            }
        }

        @Test("PKCS#12, of the RC2 kind too, opens with its password and not with another", arguments: [false, true])
        func keystore(isLegacy: Bool) async throws {
            try await EndToEndInstallation.with { installation in
                let identity = try ClientIdentity.load(
                    certificate: Array(installation.text("pki/client.pem").utf8), certificateName: "client",
                    key: Array(installation.text("pki/client.key").utf8), keyName: "key", password: nil)
                let authority = try CertificateAuthority(commonName: "any")
                let store = try authority.pkcs12(identity, password: "open sesame", legacyRC2: isLegacy)
                try installation.write(store, to: "client.p12")
                let settings = try installation.text("rollcall.yaml")
                    .replacing("pki/client.pem", with: "client.p12").replacing(
                        "  client_key: pki/client.key\n", with: "")
                try installation.write(settings, to: "rollcall.yaml")
                try installation.write(Accounts.csv(1), to: "day.csv")
                let password = "ROLLCALL_API_CLIENT_CERTIFICATE_PASSWORD"
                let wrong = try await installation.rollcall("run", "day.csv", environment: [password: "no"])
                #expect(wrong.status == 78)
                #expect(wrong.errors.contains("password"), "\(wrong.errors)")
                let right = try await installation.rollcall("run", "day.csv", environment: [password: "open sesame"])
                #expect(right.status == 0, "\(right.errors)")
            }
        }

        @Test(
            "A certificate of another authority is refused by the server: misconfigured, nothing in doubt, doctor says so"
        )
        func foreignCertificate() async throws {
            try await EndToEndInstallation.with { installation in
                let stranger = try CertificateAuthority(commonName: "another").issue(
                    commonName: "stranger", dnsNames: [], ipAddresses: [], client: true,
                    notBefore: Date(timeIntervalSinceNow: -3_600), notAfter: Date(timeIntervalSinceNow: 3_600))
                try await expectRefusal(of: stranger, in: installation)
            }
        }

        private func expectRefusal(of identity: ClientIdentity, in installation: EndToEndInstallation) async throws {
            try installation.write(identity.chainPEM(), to: "pki/client.pem")
            try installation.write(identity.keyPEM(), to: "pki/client.key")
            try installation.write(Accounts.csv(3), to: "day.csv")
            let ended = try await installation.rollcall("run", "day.csv")
            #expect(ended.status == 3, "\(ended.errors)")
            let accounting = try await Accounting(installation, batch: "day-1")
            try accounting.expectEveryLineAccounted(total: 3)
            #expect(accounting.batch.counts.inDoubt == 0)
            #expect(accounting.batch.counts.queued == 3)
            #expect(installation.emulator.calls.total == 0)
            let doctor = try await installation.rollcall("doctor")
            #expect(doctor.status == 78)
            #expect(doctor.output.contains("refuses the client certificate"), "\(doctor.output)")
        }

        @Test("A server that is down is not reached, nothing is sent, and the run halts after halt.outage")
        func serverDown() async throws {
            let settings = EndToEndInstallation.fast.replacing(
                "probe_interval: 1s }", with: "probe_interval: 1s, outage: 1s }")
            try await EndToEndInstallation.with(settings: settings) { installation in
                try installation.write(Accounts.csv(2), to: "day.csv")
                let port = try #require(
                    try installation.text("rollcall.yaml").firstMatch(of: /127\.0\.0\.1:(\d+)/)?.output.1)
                try installation.write(
                    try installation.text("rollcall.yaml").replacing(":\(port)/", with: ":1/"), to: "rollcall.yaml")
                let doctor = try await installation.rollcall("doctor")
                #expect(doctor.status == 78)
                #expect(doctor.output.contains("connection"))
                let ended = try await installation.rollcall("run", "day.csv")
                #expect(ended.status == 3, "\(ended.errors)")
                #expect(ended.errors.contains("out of reach for more than 1 second"), "\(ended.errors)")
                let batch = try await installation.batch("day-1")
                #expect(batch.state == .halted && batch.counts.queued == 2 && batch.counts.calls == 0)
                #expect(installation.emulator.calls.total == 0)
            }
        }

        @Test("Another base URL on the same database is refused, naming both")
        func anotherEndpoint() async throws {
            try await EndToEndInstallation.with { installation in
                try installation.write(Accounts.csv(1), to: "day.csv")
                #expect(try await installation.rollcall("run", "day.csv").status == 0)
                let other = "https://sandbox.idv.mastercard.eu/identity/accounts"
                let ended = try await installation.rollcall(
                    "run", "day.csv", "--again", environment: ["ROLLCALL_API_BASE_URL": other])
                #expect(ended.status == 78)
                #expect(ended.errors.contains(other) && ended.errors.contains("127.0.0.1"), "\(ended.errors)")
            }
        }

        @Test("A lost sealing key is refused, not replaced")
        func lostSealingKey() async throws {
            try await EndToEndInstallation.with { installation in
                try installation.write(Accounts.csv(1), to: "day.csv")
                #expect(try await installation.rollcall("run", "day.csv").status == 0)
                try FileManager.default.removeItem(atPath: installation.file("secrets/sealing.key"))
                let ended = try await installation.rollcall("run", "day.csv", "--again")
                #expect(ended.status == 78)
                #expect(ended.errors.contains("sealing key"), "\(ended.errors)")
                #expect(!FileManager.default.fileExists(atPath: installation.file("secrets/sealing.key")))
            }
        }

        @Test("doctor finds a sound installation sound, and --one-call makes one call and no other command does")
        func doctor() async throws {
            try await EndToEndInstallation.with { installation in
                let first = try await installation.rollcall("doctor")
                #expect(first.status == 0, "\(first.output)")
                #expect(installation.emulator.calls.total == 0)
                let second = try await installation.rollcall("doctor", "--one-call")
                #expect(second.status == 0, "\(second.output)")
                #expect(installation.emulator.calls.total == 1)
            }
        }

        @Test("A key that ends within 30 days is a warning that --strict turns into 78, an expired one 78 by itself")
        func datedKeys() async throws {
            try await EndToEndInstallation.with { installation in
                let authorities = try installation.text("pki/ca.pem")
                func authority(days: Double) throws -> String {
                    var profile = MadeCertificate.Profile.authority("Another")
                    profile.begin = .now - 40 * 86_400
                    profile.end = .now + days * 86_400
                    return String(decoding: try MadeCertificate(profile).pem(), as: UTF8.self)
                }
                try installation.write(authorities + authority(days: 12.5), to: "pki/ca.pem")
                let near = try await installation.rollcall("doctor")
                #expect(near.status == 0, "\(near.output)")
                #expect(near.output.contains("warning api.ca_certificates: "), "\(near.output)")
                #expect(near.output.contains("CN=Another ends in 12 days"), "\(near.output)")
                #expect(try await installation.rollcall("doctor", "--strict").status == 78)
                try installation.write(authority(days: -1), to: "pki/ca.pem")
                let over = try await installation.rollcall("doctor")
                #expect(over.status == 78 && over.output.contains("FAILED  api.ca_certificates: "), "\(over.output)")
                #expect(installation.emulator.calls.total == 0)
            }
        }

        @Test("doctor names the file that is broken, once, under its own setting")
        func brokenCertificate() async throws {
            try await EndToEndInstallation.with { installation in
                try installation.write("no certificate\n", to: "pki/client.pem")
                let ended = try await installation.rollcall("doctor")
                let line = try #require(ended.output.split(separator: "\n").first { $0.contains("pki/client.pem") })
                #expect(line.hasPrefix("FAILED  api.client_certificate: "))
                #expect(line.ranges(of: "pki/client.pem").count == 1)
                try installation.write(try installation.text("pki/encryption.pem"), to: "pki/decryption.pem")
                let swapped = try await installation.rollcall("doctor")
                let key = try #require(swapped.output.split(separator: "\n").first { $0.contains("decryption.pem") })
                #expect(key.hasPrefix("FAILED  api.decryption_key: ") && key.ranges(of: "decryption.pem").count == 1)
            }
        }

        @Test("A kid with colons and in capitals is sent as the API knows it, and the doctor says so")
        func writtenKeyID() async throws {
            try await EndToEndInstallation.with { installation in
                try installation.write(Accounts.csv(1), to: "day.csv")
                let key = try PublicKey.load(Array(installation.text("pki/encryption.pem").utf8), name: "key")
                let written = key.fingerprint.uppercased().replacing(/(..)(?!$)/) { "\($0.output.1):" }
                let environment = ["ROLLCALL_API_ENCRYPTION_KEY_ID": written]
                let doctor = try await installation.rollcall("doctor", environment: environment)
                #expect(doctor.status == 0 && doctor.output.contains("set in another writing"), "\(doctor.output)")
                let ended = try await installation.rollcall("run", "day.csv", environment: environment)
                #expect(ended.status == 0, "\(ended.errors)")
            }
        }

        @Test("What Kubernetes says of a service called rollcall is no setting")
        func serviceLinks() async throws {
            try await EndToEndInstallation.with { installation in
                let links = ["ROLLCALL_PORT": "tcp://10.0.0.1:8377", "ROLLCALL_SERVICE_HOST": "10.0.0.1"]
                let ended = try await installation.rollcall("jobs", "list", environment: links)
                #expect(ended.status == 0, "\(ended.errors)")
            }
        }

        @Test("A second runner on the same database is told who holds it")
        func secondRunner() async throws {
            let box = ProcessBox()
            var knobs = EmulatorConfiguration()
            let (stream, continuation) = AsyncStream<Int>.makeStream()
            knobs.onCall = { continuation.yield($0) }
            try await EndToEndInstallation.with(knobs) { installation in
                try installation.write(Accounts.csv(scenarios: ["iia+hang"]), to: "first.csv")
                try installation.write(Accounts.csv(1), to: "second.csv")
                let first = try installation.start(["run", "first.csv"])
                box.put(first)
                for await _ in stream { break }
                let second = try await installation.rollcall("run", "second.csv")
                #expect(second.status == 3)
                #expect(second.errors.contains("\(first.identifier)"), "\(second.errors)")
                first.signal(SIGKILL)
                #expect(try await first.wait().status == -SIGKILL)
            }
        }
    }
}
