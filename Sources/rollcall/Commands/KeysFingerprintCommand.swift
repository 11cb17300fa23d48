import ArgumentParser
import OpenSSL
import Operations

struct KeysFingerprintCommand: RollcallCommand {
    static let configuration = CommandConfiguration(
        commandName: "fingerprint", abstract: "Print the kid candidates of a key or certificate.",
        discussion: """
            Mastercard's portal shows the SHA-256 of the public key; Rollcall sends that one unless told otherwise. Of a \
            chain the key that is used comes first; each line names whose it is.
            """)

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
        let found = KeyFingerprints(path: file, opened)
        guard !found.keys.isEmpty else {
            let reason = opened.isLocked ? "needs a password; name it with --password-file" : "holds no key"
            throw OperationFailure(.inputUnusable, "\(file): \(reason)")
        }
        if json {
            Console.standard.output(json: found)
        } else {
            for line in found.lines { Console.standard.output(line) }
        }
        return .succeeded
    }
}
