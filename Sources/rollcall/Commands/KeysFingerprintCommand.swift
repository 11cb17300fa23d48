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

    func perform() async throws -> ExitStatus {
        let opened = try KeyReading.open(file, password: Password.given(file: passwordFile))
        let keys =
            opened.publicKeys + opened.privateKeys.map(\.publicKey) + opened.certificates.map(\.publicKey)
        for fingerprint in Set(keys.map(\.fingerprint)).sorted() {
            Console.standard.output("\(fingerprint)  SHA-256 of the public key (DER)")
        }
        for certificate in opened.certificates {
            Console.standard.output("\(certificate.fingerprint)  SHA-256 of the certificate")
        }
        guard !keys.isEmpty else {
            let reason = opened.isLocked ? "needs a password; name it with --password-file" : "holds no key"
            throw OperationFailure(.inputUnusable, "\(file): \(reason)")
        }
        return .succeeded
    }
}
