import Basics
import Foundation
import NIOSSL
package import OpenSSL

/// The keys and certificates of an emulator and of the client that talks to it.
package struct EmulatorMaterial: Sendable {
    /// The authority that issued ``server`` and ``client``, and whose certificates the emulator accepts.
    package let authority: Certificate
    /// The emulator's own certificate and key.
    package let server: ClientIdentity
    /// The client's certificate and key for mutual TLS.
    package let client: ClientIdentity
    /// The API's key: requests are encrypted to its public half.
    package let requestKey: PrivateKey
    /// The client's key: answers are encrypted to its public half.
    package let answerKey: PrivateKey

    /// Combines existing keys and certificates.
    ///
    /// - Parameters:
    ///   - authority: issued the two identities.
    ///   - server: the emulator's certificate and key.
    ///   - client: the client's certificate and key.
    ///   - requestKey: the API's private key.
    ///   - answerKey: the client's private key.
    package init(
        authority: Certificate, server: ClientIdentity, client: ClientIdentity, requestKey: PrivateKey,
        answerKey: PrivateKey
    ) {
        self.authority = authority
        self.server = server
        self.client = client
        self.requestKey = requestKey
        self.answerKey = answerKey
    }

    /// Makes throwaway material, valid from yesterday for ten years.
    ///
    /// - Parameters:
    ///   - authority: issues the certificates; a new one by default.
    ///   - host: the name or address clients will call, besides `localhost`, 127.0.0.1 and ::1.
    /// - Returns: the material; the two keys of the payloads are new too.
    /// - Throws: `OpenSSLError`.
    package static func generate(authority: CertificateAuthority? = nil, host: String = "127.0.0.1") throws -> Self {
        let authority = try authority ?? CertificateAuthority(commonName: "Rollcall emulator CA")
        let day = 86_400.0
        let start = Date(timeIntervalSinceNow: -day)
        let end = Date(timeIntervalSinceNow: 3650 * day)
        let isAddress = host.allSatisfy { $0.isHexDigit || $0 == "." || $0 == ":" }
        return Self(
            authority: authority.certificate,
            server: try authority.issue(
                commonName: "Rollcall emulator", dnsNames: isAddress ? ["localhost"] : ["localhost", host],
                ipAddresses: Set(["127.0.0.1", "::1"] + (isAddress ? [host] : [])).sorted(), client: false,
                notBefore: start, notAfter: end),
            client: try authority.issue(
                commonName: "Rollcall client", dnsNames: [], ipAddresses: [], client: true, notBefore: start,
                notAfter: end),
            requestKey: try PrivateKey.generate(bits: 2048), answerKey: try PrivateKey.generate(bits: 2048))
    }
}

extension EmulatorMaterial {
    /// The server's side of mutual TLS, 1.2 at least.
    ///
    /// - Parameters:
    ///   - authorities: those that may have issued a client's certificate.
    ///   - optional: let the handshake go through without a certificate; it is checked afterwards.
    /// - Returns: the configuration for NIOSSL, which expects PEM.
    /// - Throws: an error of OpenSSL or NIOSSL if key or certificate cannot be used.
    func serverTLS(trusting authorities: [Certificate], optional: Bool) throws -> TLSConfiguration {
        let chain = try NIOSSLCertificate.fromPEMBytes(server.chainPEM())
        let key = try NIOSSLPrivateKey(bytes: server.keyPEM(), format: .pem)
        var configuration = TLSConfiguration.makeServerConfiguration(
            certificateChain: chain.map { .certificate($0) }, privateKey: .privateKey(key))
        configuration.minimumTLSVersion = .tlsv12
        configuration.trustRoots = .certificates(
            try authorities.flatMap { try NIOSSLCertificate.fromPEMBytes($0.pem()) })
        configuration.certificateVerification = optional ? .optionalVerification : .noHostnameVerification
        configuration.applicationProtocols = ["http/1.1"]
        return configuration
    }
}

/// Files nobody else may read: they hold keys, or name accounts.
enum PrivateFile {
    /// Writes a file of mode 0600 from its first byte on, in place of one that may be there.
    ///
    /// - Parameters:
    ///   - bytes: what it holds.
    ///   - path: where it is.
    ///   - name: what to call the file in an error.
    /// - Throws: ``EmulatorError`` with the system's reason.
    static func write(_ bytes: [UInt8], to path: String, name: String) throws(EmulatorError) {
        try SystemFault.translating(by: { EmulatorError.file(name, $0.text) }) { () throws(SystemFault) in
            let file = try OwnedDescriptor(opening: path, O_WRONLY | O_CREAT | O_TRUNC)
            try file.setMode(0o600)
            try file.write(bytes)
        }
    }
}
