import ArgumentParser
import Basics
import Foundation
import OpenSSL
import Operations

/// A key file and where its password is; a password is never an argument.
struct KeyFileOptions: ParsableArguments {
    @Option(help: ArgumentHelp("Key or certificate: PEM, DER or PKCS#12.", valueName: "file"), completion: .file())
    var key: String

    @Option(
        help: ArgumentHelp(
            "File whose first line is the key's password; absent: the variable ROLLCALL_KEY_PASSWORD.",
            valueName: "file"),
        completion: .file())
    var passwordFile: String?

    /// The public key of a key file, a certificate or a keystore.
    func publicKey() throws -> PublicKey {
        let bytes = try FileBytes.read(key)
        let file = try KeyFile(bytes, password: Password.given(file: passwordFile), name: key)
        guard file.format == .pkcs12, let certificate = file.certificates.first else {
            return try PublicKey.load(bytes, name: key)
        }
        return certificate.publicKey
    }

    func privateKey() throws -> PrivateKey {
        try PrivateKey.load(FileBytes.read(key), password: Password.given(file: passwordFile), name: key)
    }
}

/// Where a command line tool takes a password from: a file or the environment.
enum Password {
    static func given(file: String?) throws -> String? {
        guard let file else { return ProcessInfo.processInfo.environment["ROLLCALL_KEY_PASSWORD"] }
        let text = String(decoding: try FileBytes.read(file), as: UTF8.self)
        return text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).first.map(String.init)
    }
}

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

/// Small files and standard input, read whole.
enum FileBytes {
    /// Most bytes taken from standard input or a key file.
    static let maximum = 16 << 20

    static func read(_ path: String) throws -> [UInt8] {
        guard let handle = FileHandle(forReadingAtPath: path) else {
            throw OperationFailure(.inputUnusable, "\(path): cannot be read; check the path and its permissions")
        }
        return try all(of: handle, name: path)
    }

    static func standardInput() throws -> [UInt8] {
        try all(of: .standardInput, name: "standard input")
    }

    private static func all(of handle: FileHandle, name: String) throws -> [UInt8] {
        do {
            var bytes = [UInt8]()
            while let part = try handle.read(upToCount: 1 << 16), !part.isEmpty {
                bytes += part
                guard bytes.count <= maximum else {
                    throw OperationFailure(.inputUnusable, "\(name): is larger than 16 MiB")
                }
            }
            return bytes
        } catch let failure as OperationFailure {
            throw failure
        } catch {
            throw OperationFailure(.inputUnusable, "\(name): cannot be read")
        }
    }
}
