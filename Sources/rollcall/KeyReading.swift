import Foundation
import OpenSSL
import Operations

/// Opens key files for the `keys` commands.
enum KeyReading {
    static func open(_ path: String, password: String?) throws -> KeyFile {
        do {
            return try KeyFile(FileBytes.read(path), password: password, name: path)
        } catch let error as OpenSSLError {
            throw OperationFailure(.inputUnusable, error.message)
        }
    }
}

/// What a key file holds, in a line each.
enum KeyWords {
    static func describe(_ item: KeyFile.Item) -> String {
        switch item {
        case .certificate(let certificate): describe(certificate)
        case .publicKey(let key): "public key, \(strength(key)), \(key.fingerprint)"
        case .privateKey(let key): "private key, \(strength(key.publicKey)), \(key.publicKey.fingerprint)"
        case .lockedPrivateKey: "private key, encrypted; name its password with --password-file"
        case .lockedKeystore: "keystore, encrypted; name its password with --password-file"
        case .other(let name): "\(name), of no use here"
        }
    }

    /// Kind and size, and whether it may be used for payloads.
    private static func strength(_ key: PublicKey) -> String {
        switch key.kind {
        case .rsa where key.bits < 2_048: "RSA \(key.bits), too weak: 2048 bits and up are used"
        case .rsa: "RSA \(key.bits)"
        case .rsaPSS: "RSA-PSS \(key.bits), for signatures only"
        case .ellipticCurve: "EC \(key.bits), for mutual TLS only"
        case .other(let name): "\(name) \(key.bits)"
        }
    }

    private static func describe(_ certificate: Certificate) -> String {
        let state = certificate.notAfter < Date() ? "expired" : "ends"
        return "certificate of \(certificate.subject), issued by \(certificate.issuer), \(state) "
            + "\(NumberFormat.time(certificate.notAfter)), \(strength(certificate.publicKey)), "
            + "key \(certificate.publicKey.fingerprint)"
    }
}
