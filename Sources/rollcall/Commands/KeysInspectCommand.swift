import ArgumentParser
import Foundation
import OpenSSL
import Operations

struct KeysInspectCommand: RollcallCommand {
    static let configuration = CommandConfiguration(
        commandName: "inspect",
        abstract:
            "Say what is in key and certificate files: subject, expiry, size, and which private key fits which certificate."
    )

    @Argument(help: "Files: PEM, DER or PKCS#12.", completion: .file())
    var files: [String]

    @Option(
        help: ArgumentHelp(
            "File whose first line is the password; absent: the variable ROLLCALL_KEY_PASSWORD.", valueName: "file"),
        completion: .file())
    var passwordFile: String?

    func perform() async throws -> ExitStatus {
        let password = try Password.given(file: passwordFile)
        let opened = try files.map { path in (path, try KeyReading.open(path, password: password)) }
        for (path, file) in opened {
            Console.standard.output("\(path): \(file.format.rawValue)")
            for item in file.items { Console.standard.output("  " + KeyWords.describe(item)) }
        }
        tellMatches(opened)
        return .succeeded
    }

    private func tellMatches(_ opened: [(String, KeyFile)]) {
        let certificates = opened.flatMap { path, file in file.certificates.map { (path, $0) } }
        for (path, file) in opened {
            for key in file.privateKeys {
                let fitting = certificates.filter { $0.1.matches(key) }.map(\.0)
                guard !certificates.isEmpty else { continue }
                Console.standard.output(
                    fitting.isEmpty
                        ? "the private key in \(path) matches no certificate here"
                        : "the private key in \(path) matches the certificate in \(fitting.joined(separator: ", "))")
            }
        }
    }
}
