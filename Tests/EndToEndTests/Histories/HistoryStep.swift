import TestSupport

/// Something that is done to an installation, by a person, a file, or a fault.
enum HistoryStep: Sendable, CustomStringConvertible {
    /// How a process that sends is interrupted.
    enum Interruption: Sendable {
        /// SIGKILL when the API has read so many calls more, before that one is answered.
        case kill(atCall: Int)
        /// SIGTERM then.
        case terminate(atCall: Int)
    }

    /// `rollcall run` of a new file with these scenarios of the emulator; `plain` is an ordinary record.
    case run(scenarios: [String], Interruption?)
    /// The same file again, which continues its batch.
    case runAgain(file: Int, Interruption?)
    /// `rollcall rerun BATCH --status STATUS --yes`.
    case rerun(file: Int, status: String, Interruption?)
    case resolve(file: Int)
    case pause(file: Int)
    case resume(file: Int)
    case cancel(file: Int)
    /// `rollcall backup`, in the place of any earlier copy.
    case backup
    /// `rollcall restore` of that copy.
    case restore
    /// A daemon takes in a new file; meanwhile its job is changed and it is told to read it (SIGHUP).
    case daemon(scenarios: [String], changesJob: Bool, Interruption?)

    var description: String {
        switch self {
        case .run(let scenarios, let end): "run a file of \(scenarios.joined(separator: " "))\(Self.text(end))"
        case .runAgain(let file, let end): "run file \(file) again\(Self.text(end))"
        case .rerun(let file, let status, let end): "rerun \(status) of file \(file)\(Self.text(end))"
        case .resolve(let file): "resolve file \(file) --as failed"
        case .pause(let file): "pause file \(file)"
        case .resume(let file): "resume file \(file)"
        case .cancel(let file): "cancel file \(file)"
        case .backup: "backup"
        case .restore: "restore"
        case .daemon(let scenarios, let changesJob, let end):
            "daemon, drop a file of \(scenarios.joined(separator: " "))\(changesJob ? ", change its job" : "")"
                + Self.text(end)
        }
    }

    private static func text(_ interruption: Interruption?) -> String {
        switch interruption {
        case nil: ""
        case .kill(let call): ", SIGKILL at call \(call)"
        case .terminate(let call): ", SIGTERM at call \(call)"
        }
    }
}

extension HistoryStep {
    /// Draws a history of so many steps; the first is a file.
    static func history(seed: UInt64, length: Int) -> [HistoryStep] {
        var random = SeededRandom(seed: seed)
        return (0..<length).map { $0 == 0 ? .run(scenarios: scenarios(&random), interruption(&random)) : step(&random) }
    }

    private static func step(_ random: inout SeededRandom) -> HistoryStep {
        // Counted from the last file back, so that a shorter history still has it.
        let file = random.next(in: 0...2)
        switch random.next(in: 0...19) {
        case 0...4: return .run(scenarios: scenarios(&random), interruption(&random))
        case 5...7: return .runAgain(file: file, interruption(&random))
        case 8, 9: return .rerun(file: file, status: "failed", interruption(&random))
        case 10, 11: return .rerun(file: file, status: "in_doubt", interruption(&random))
        case 12: return .resolve(file: file)
        case 13: return .pause(file: file)
        case 14: return .resume(file: file)
        case 15: return .cancel(file: file)
        case 16: return .backup
        case 17: return .restore
        default:
            return .daemon(
                scenarios: scenarios(&random), changesJob: random.next(in: 0...1) == 0, interruption(&random))
        }
    }

    private static func scenarios(_ random: inout SeededRandom) -> [String] {
        let faults = ["iia+400", "iia+503x1", "iia+429x1", "iia+reset", "iia+502", "iia+500x1", "iia+truncate"]
        return (0..<random.next(in: 1...12)).map { _ in
            let draw = random.next(in: 0...24)
            return faults.indices.contains(draw) ? faults[draw] : "plain"
        }
    }

    private static func interruption(_ random: inout SeededRandom) -> Interruption? {
        switch random.next(in: 0...5) {
        case 0, 1: .kill(atCall: random.next(in: 1...10))
        case 2: .terminate(atCall: random.next(in: 1...10))
        default: nil
        }
    }
}
