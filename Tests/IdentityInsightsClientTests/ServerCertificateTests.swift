import Foundation
import OpenSSL
import TestSupport
import Testing

@testable import IdentityInsightsClient

@Suite("What the administration shows itself with")
struct ServerCertificateTests {
    private let folder: TemporaryFolder
    private let server: ClientIdentity

    init() throws {
        folder = try TemporaryFolder()
        server = try TestPKI(commonName: "Administration CA").server
    }

    private func write(_ bytes: [UInt8], to name: String, mode: Int) throws -> String {
        let path = "\(folder.path)/\(name)"
        try Data(bytes).write(to: URL(filePath: path))
        try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: path)
        return path
    }

    @Test("Its key must be private and belong to it", arguments: [(0o600, true), (0o400, true), (0o644, false)])
    func modes(mode: Int, isFine: Bool) throws {
        let certificate = try write(server.chainPEM(), to: "admin.pem", mode: 0o644)
        let key = try write(server.keyPEM(), to: "admin.key", mode: mode)
        guard isFine else {
            let error = #expect(throws: CredentialError.self) {
                try ServerCertificate(certificate: certificate, key: key)
            }
            #expect(error?.setting == "admin.key" && error?.message.contains("chmod 600") == true)
            return
        }
        let read = try ServerCertificate(certificate: certificate, key: key)
        let leaf = try #require(server.chain.first)
        let dated = try #require(read.datedKeys.first)
        #expect(dated.setting == "admin.certificate" && dated.end == leaf.notAfter && dated.isOfAdministration)
        #expect(dated.notice(at: leaf.notAfter)?.contains("portal") == false)
    }

    @Test("Another certificate's key is refused, and so is a file that is none")
    func others() throws {
        let certificate = try write(server.chainPEM(), to: "admin.pem", mode: 0o644)
        let other = try write(TestPKI(commonName: "Another CA").server.keyPEM(), to: "other.key", mode: 0o600)
        for key in [other, certificate] {
            let error = #expect(throws: CredentialError.self) {
                try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: key)
                _ = try ServerCertificate(certificate: certificate, key: key)
            }
            #expect(error?.setting == "admin.key")
        }
        let error = #expect(throws: CredentialError.self) { try ServerCertificate(certificate: other, key: other) }
        #expect(error?.setting == "admin.certificate")
    }
}
