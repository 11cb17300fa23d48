import ArgumentParser
import Foundation
import OpenSSL

/// A key file and where its password stands; a password is never an argument.
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
