import Emulator
import Foundation
import TestSupport
import Testing

@testable import Operations

@Suite("What the doctor says of wrong keys")
struct WrongCredentialsTests {
    /// Runs an emulator with the good keys, which must not get a single call.
    private func withoutACall(_ body: @Sendable (GoodCredentials, Int) async throws -> Void) async throws {
        let good = try GoodCredentials.shared()
        var configuration = EmulatorConfiguration()
        configuration.port = 0
        try await Emulator.withRunning(configuration, material: good.material()) { emulator, port in
            try await body(good, port)
            #expect(emulator.calls.total == 0)
        }
    }

    @Test("Good keys are good, and the connection is tried with them")
    func good() async throws {
        try await withoutACall { good, port in
            let findings = try await CredentialSite(good, port: port).findings()
            let bad = findings.filter { $0.level != .fine }
            #expect(bad.isEmpty, "\(bad.map(\.text))")
            #expect(findings.contains { $0.check == "connection" && $0.message.contains("HTTP 405") })
        }
    }

    @Test(
        "Each wrong key is named with its cause and remedy, once and before any call",
        arguments: WrongCredential.all)
    func wrong(_ example: WrongCredential) async throws {
        try await withoutACall { good, port in
            var site = try CredentialSite(good, port: port)
            try example.spoil(&site)
            let findings = try await site.findings()
            let all = findings.map(\.text).joined(separator: "\n")
            let named = findings.filter { finding in
                finding.check == example.check && finding.level == example.level
                    && example.says.allSatisfy { finding.message.contains($0) }
            }
            #expect(named.count == 1, "\(example.name): \(all)")
            // Nothing else is wrong with the keys, and one that cannot be used is not tried.
            let others = findings.filter { $0.level != .fine && $0.check != "connection" }
            #expect(
                others == (example.check == "connection" || example.level == .fine ? [] : named),
                "\(example.name): \(all)")
            if example.level == .fine {
                let connection = findings.first { $0.check == "connection" }
                #expect(connection?.level == .fine, "\(example.name): \(all)")
            }
        }
    }

    @Test("The matrix has at least forty wrong ones, each with a name of its own")
    func size() {
        #expect(WrongCredential.all.count { $0.level != .fine } >= 40)
        #expect(Set(WrongCredential.all.map(\.name)).count == WrongCredential.all.count)
    }

    @Test("A certificate that was revoked is named by the server's alert")
    func revoked() async throws {
        let good = try GoodCredentials.shared()
        let server = try RevokingServer(good.server, authority: good.authority, revoked: [good.client])
        defer { server.stop() }
        let findings = try await CredentialSite(good, port: server.port).findings()
        let bad = findings.filter { $0.level != .fine }
        #expect(bad.map(\.check) == ["connection"])
        #expect(
            bad.first?.message.contains("certificate revoked): it was revoked; get a new one from the portal") == true)
    }

    @Test("A clock that differs from the server's is named")
    func clock() async throws {
        let good = try GoodCredentials.shared()
        let material = try good.material()
        let server = try await ScriptedServer(ServerTLS(identity: material.server)) { _ in
            .answer(status: 405, headers: [("Date", "Sat, 01 Jan 2000 00:00:00 GMT")])
        }
        let findings = try await CredentialSite(good, port: server.port).findings()
        let clock = findings.filter { $0.check == "clock" }
        #expect(clock.count == 1 && clock[0].level == .warning && clock[0].message.contains("(NTP)"))
        await server.stop()
    }

    /// Addresses at Mastercard are tried through a proxy that lets nothing through.
    struct Address: Sendable {
        let base: String
        var certificate = "client.pem"
        let check: String
        let says: String
    }

    static let addresses = [
        Address(
            base: "https://sandbox.idv.mastercard.eu/identity/accounts", certificate: "client-production.pem",
            check: "api.client_certificate", says: "its name says production, and api.base_url is sandbox's"),
        Address(
            base: "https://idv.mastercard.com/identity/accounts", certificate: "iia_sandbox.pem",
            check: "api.client_certificate", says: "its name says sandbox, and api.base_url is production's"),
        Address(
            base: "https://sandbox.api.mastercard.com/identity/accounts", check: "api.base_url",
            says: "none of the API's six addresses"),
        Address(base: "https://idv.mastercard.asia", check: "api.base_url", says: "lacks the path /identity/accounts"),
        Address(
            base: "https://idv.mastercard.eu/identity/accounts", check: "connection",
            says: "The proxy does not let us through"),
    ]

    @Test("Keys and addresses of another environment are named, and a proxy that refuses", arguments: addresses)
    func environment(_ example: Address) async throws {
        let proxy = try await ConnectProxy(refusal: 407)
        try await withoutACall { good, port in
            var site = try CredentialSite(good, port: port)
            try site.write(good.client.pem(), example.certificate)
            site.settings["client_certificate"] = example.certificate
            site.settings["base_url"] = example.base
            site.settings["proxy"] = proxy.url
            let findings = try await site.findings()
            let named = findings.filter { $0.check == example.check && $0.message.contains(example.says) }
            #expect(named.count == 1, "\(findings.map(\.text).joined(separator: "\n"))")
            let others = findings.filter { $0.level != .fine && ![example.check, "connection"].contains($0.check) }
            #expect(others.isEmpty, "\(others.map(\.text))")
        }
        #expect(proxy.connectCount > 0)
        await proxy.stop()
    }
}
