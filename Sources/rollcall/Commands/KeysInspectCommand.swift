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

    @Flag(help: "Print what was found as one JSON object.")
    var json = false

    func perform() async throws -> ExitStatus {
        let password = try Password.given(file: passwordFile)
        let opened = try files.map { path in (path: path, file: try KeyReading.open(path, password: password)) }
        let matches = KeyMatch.all(in: opened)
        guard !json else {
            Console.standard.output(
                json: Inspection(files: opened.map { KeyListing(path: $0.path, $0.file) }, matches: matches))
            return .succeeded
        }
        for (path, file) in opened {
            Console.standard.output("\(path): \(file.format.rawValue)")
            for item in file.items { Console.standard.output("  " + KeyWords.describe(item)) }
        }
        for match in matches { Console.standard.output(match.text) }
        return .succeeded
    }

    private struct Inspection: Encodable {
        let files: [KeyListing]
        let matches: [KeyMatch]
    }
}
