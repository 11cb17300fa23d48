import TestSupport

/// Something that is done to an installation, by a person, a file, or a fault.
enum HistoryStep: Sendable, CustomStringConvertible {
    /// What happens to a process that sends when the API has read so many calls more, before the last of them is answered.
    enum Interruption: Sendable {
        /// SIGKILL.
        case kill(atCall: Int)
        /// SIGTERM.
        case terminate(atCall: Int)
        /// The disk is full, until the process has said so or has ended; from the beginning where it is no call.
        case fillDisk(atCall: Int)
        /// The wall clock is set to so many minutes from the true time, and stays there.
        case setClock(atCall: Int, minutes: Int)
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
    /// The wall clock is set to so many minutes from the true time.
    case setClock(minutes: Int)
    /// `limits.daily_calls` is set.
    case limit(dailyCalls: Int)
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
        case .setClock(let minutes): "set the clock to \(minutes) minutes from the true time"
        case .limit(let calls): "set limits.daily_calls to \(calls)"
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
        case .fillDisk(let call): ", the disk is full from call \(call) on"
        case .setClock(let call, let minutes): ", the clock \(minutes) minutes from the true time from call \(call) on"
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
        switch random.next(in: 0...22) {
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
        case 18: return .setClock(minutes: minutes(&random))
        case 19: return .limit(dailyCalls: random.next(in: 5...60))
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
        switch random.next(in: 0...8) {
        case 0, 1: .kill(atCall: random.next(in: 1...10))
        case 2: .terminate(atCall: random.next(in: 1...10))
        case 3: .fillDisk(atCall: random.next(in: 0...10))
        case 4: .setClock(atCall: random.next(in: 1...10), minutes: minutes(&random))
        default: nil
        }
    }

    /// Back an hour, right, forward an hour, and forward a day.
    private static func minutes(_ random: inout SeededRandom) -> Int { [-60, 0, 60, 1_440][random.next(in: 0...3)] }
}
