import ArgumentParser
import OpenSSL
import Operations

struct KeysFingerprintCommand: RollcallCommand {
    static let configuration = CommandConfiguration(
        commandName: "fingerprint", abstract: "Print the kid candidates of a key or certificate.",
        discussion:
            "Mastercard's portal shows the SHA-256 of the public key; Rollcall sends that one unless told otherwise.")

    @Argument(help: "PEM, DER or PKCS#12.", completion: .file())
    var file: String

    @Option(
        help: ArgumentHelp(
            "File whose first line is the password; absent: the variable ROLLCALL_KEY_PASSWORD.", valueName: "file"),
        completion: .file())
    var passwordFile: String?

    @Flag(help: "Print the fingerprints as one JSON object.")
    var json = false

    func perform() async throws -> ExitStatus {
        let opened = try KeyReading.open(file, password: Password.given(file: passwordFile))
        let keys =
            opened.publicKeys + opened.privateKeys.map(\.publicKey) + opened.certificates.map(\.publicKey)
        guard !keys.isEmpty else {
            let reason = opened.isLocked ? "needs a password; name it with --password-file" : "holds no key"
            throw OperationFailure(.inputUnusable, "\(file): \(reason)")
        }
        let found = Fingerprints(
            file: file, publicKeys: Set(keys.map(\.fingerprint)).sorted(),
            certificates: opened.certificates.map(\.fingerprint))
        if json { Console.standard.output(json: found) } else { tell(found) }
        return .succeeded
    }

    private func tell(_ found: Fingerprints) {
        for key in found.publicKeys { Console.standard.output("\(key)  SHA-256 of the public key (DER)") }
        for certificate in found.certificates { Console.standard.output("\(certificate)  SHA-256 of the certificate") }
    }

    private struct Fingerprints: Encodable {
        let file: String
        let publicKeys: [String]
        let certificates: [String]

        private enum CodingKeys: String, CodingKey {
            case file
            case publicKeys = "public_key_sha256"
            case certificates = "certificate_sha256"
        }
    }
}
