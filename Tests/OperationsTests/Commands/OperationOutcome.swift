import Foundation
import JSON

@testable import Operations

/// How one operation ended, as a process that ran nothing else would.
struct OperationOutcome: Sendable {
    let status: Operations.ExitStatus
    let output: String
    /// Messages, and the reason of a failure.
    let errors: String

    /// The lines of the output, each as JSON.
    func json() throws -> [JSONNode] {
        try output.split(separator: "\n").map { try JSONDocument(parsing: Array($0.utf8)).root }
    }
}

extension EmulatedInstallation {
    /// Performs one operation to its end.
    func perform(_ operation: (_ config: String, Console) async throws -> Operations.ExitStatus) async throws
        -> OperationOutcome
    {
        let name = UUID().uuidString
        let (output, errors) = ("\(name).out", "\(name).err")
        let descriptors = [output, errors].map { open(file($0), O_CREAT | O_WRONLY | O_CLOEXEC, 0o600) }
        let console = Console(outputTo: descriptors[0], errorsTo: descriptors[1])
        var status: Operations.ExitStatus
        do {
            status = console.settled(try await operation(config, console))
        } catch {
            let failure = OperationFailure(error)
            console.note(failure.message)
            status = failure.status
        }
        for descriptor in descriptors { close(descriptor) }
        return OperationOutcome(status: status, output: try text(output), errors: try text(errors))
    }

    /// Runs files with few options, agreeing to what they cost.
    func run(_ files: String..., yes: Bool = true, again: Bool = false, json: Bool = false) async throws
        -> OperationOutcome
    {
        let files = files.map(file)
        return try await perform { config, console in
            let request = RunRequest(files: files, config: config, yes: yes, again: again, json: json)
            return try await RunOperation(request, console: console).perform()
        }
    }
}

/// Synthetic records, one for each local part of an email, which may choose a scenario of the emulator; that of `x` is
/// invalid.
func accounts(_ names: [String]) -> String {
    let lines = names.enumerated().map { number, name in
        "r\(number + 1),account-\(number + 1),\(name == "x" ? name : "\(name)@example.com")\n"
    }
    return "id,account_id,email\n" + lines.joined()
}
