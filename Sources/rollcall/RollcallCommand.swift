import ArgumentParser
import Basics
import Operations

/// A command whose end is an `ExitStatus`: errors become one line on standard error and the status's number.
protocol RollcallCommand: AsyncParsableCommand {
    /// Does the command's work; throws what is to be told to the user.
    func perform() async throws -> ExitStatus
}

/// A command that reads the settings.
protocol SettingsCommand: RollcallCommand {
    /// Where the settings are.
    var settings: SettingsOptions { get }
}

extension RollcallCommand {
    mutating func run() async throws {
        let config = (self as? any SettingsCommand)?.settings.namedAbsolutely
        let status = await Hint.$config.withValue(config) { await ended() }
        if status != .succeeded { throw ExitCode(status.rawValue) }
    }

    private func ended() async -> ExitStatus {
        do {
            return Console.standard.settled(try await perform())
        } catch is OutputLost {
            return Console.standard.settled(.succeeded)
        } catch {
            let failure = OperationFailure(error)
            Console.standard.note("rollcall: \(failure.message)")
            return failure.status
        }
    }
}
