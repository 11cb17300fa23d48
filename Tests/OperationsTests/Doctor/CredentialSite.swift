import Emulator
import Foundation
import OpenSSL
import TestSupport

@testable import Operations

/// Good key material of an emulator, of which each case spoils one thing; made once per process.
struct GoodCredentials: Sendable {
    let authority: MadeCertificate
    /// Issued by the authority; the emulator does not have it.
    let intermediate: MadeCertificate
    let client: MadeCertificate
    let server: MadeCertificate
    /// Of the key that requests are encrypted to.
    let encryption: MadeCertificate
    let decryption: MadeKey

    private static let made = Result { try GoodCredentials() }

    static func shared() throws -> GoodCredentials { try made.get() }

    private init() throws {
        authority = try MadeCertificate(.authority("Test Root"))
        intermediate = try MadeCertificate(.authority("Test Issuing CA"), by: authority)
        client = try MadeCertificate(.init("client"), by: authority)
        var server = MadeCertificate.Profile("server", purposes: "serverAuth")
        server.hosts = "IP:127.0.0.1"
        self.server = try MadeCertificate(server, by: authority)
        encryption = try MadeCertificate(.init("Mastercard", purposes: nil), by: authority)
        decryption = try .rsa()
    }

    /// What an emulator needs of it.
    func material() throws -> EmulatorMaterial {
        func identity(_ certificate: MadeCertificate) throws -> ClientIdentity {
            try ClientIdentity.load(
                certificate: certificate.pem(), certificateName: "made", key: certificate.key.pem(), keyName: "made",
                password: nil)
        }
        return EmulatorMaterial(
            authority: try Certificate.load(authority.pem(), name: "made")[0], server: try identity(server),
            client: try identity(client),
            requestKey: try PrivateKey.load(encryption.key.pem(), password: nil, name: "made"),
            answerKey: try PrivateKey.load(decryption.pem(), password: nil, name: "made"))
    }
}

/// The settings and key files of one case; good until the case changes them.
struct CredentialSite {
    let good: GoodCredentials
    private let folder: TemporaryFolder
    /// The keys below `api:` as they are written.
    var settings: [String: String]
    /// Where the settings are.
    var config: String { "\(folder.path)/rollcall.yaml" }

    init(_ good: GoodCredentials, port: Int) throws {
        self.good = good
        folder = try TemporaryFolder()
        settings = [
            "base_url": "https://127.0.0.1:\(port)/identity/accounts", "client_certificate": "client.pem",
            "client_key": "client.key", "ca_certificates": "ca.pem", "encryption_key": "encryption.pem",
            "decryption_key": "decryption.pem", "connect_timeout": "60s",
        ]
        try write(good.client.pem(), "client.pem")
        try write(good.client.key.pem(), "client.key")
        try write(good.authority.pem(), "ca.pem")
        try write(good.encryption.pem(), "encryption.pem")
        try write(good.decryption.pem(), "decryption.pem")
    }

    func write(_ bytes: [UInt8], _ name: String, mode: Int = 0o600) throws {
        let path = "\(folder.path)/\(name)"
        try Data(bytes).write(to: URL(filePath: path))
        try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: path)
    }

    func path(_ name: String) -> String { "\(folder.path)/\(name)" }

    func remove(_ name: String) throws { try FileManager.default.removeItem(atPath: path(name)) }

    /// A client certificate and its key in the place of the good ones.
    func useClient(_ certificate: MadeCertificate, chain: [MadeCertificate] = []) throws {
        try write(([certificate] + chain).flatMap { try $0.pem() }, "client.pem")
        try write(certificate.key.pem(), "client.key")
    }

    /// A client certificate of the authority, changed.
    func useClient(_ change: (inout MadeCertificate.Profile) -> Void) throws {
        var profile = MadeCertificate.Profile("client")
        change(&profile)
        try useClient(MadeCertificate(profile, by: good.authority))
    }

    /// A keystore of the good client certificate in its place.
    mutating func useKeystore(_ bytes: [UInt8], password: String?) throws {
        try write(bytes, "client.p12")
        settings["client_certificate"] = "client.p12"
        settings["client_key"] = nil
        settings["client_certificate_password"] = password
    }

    /// What the doctor finds, without a billed call.
    func findings() async throws -> [Finding] {
        let lines = settings.sorted { $0.key < $1.key }.map { "  \($0.key): \($0.value)\n" }
        try write(Array(("api:\n" + lines.joined()).utf8), "rollcall.yaml")
        return await DoctorOperation(config: config, oneCall: false, json: false).examine()
    }
}
