import Ingest
import RecordStore
import Settings

/// What is said of a file in a drop folder whose very content was taken in before: where its results are, and what can be
/// done. A pure rule.
struct RepeatedFile {
    let file: String
    /// Where the file lies once it is refused.
    let rejectedPath: String
    /// The batch of the same content.
    let batch: Batch
    let job: JobDefinition
    /// The folder of that batch's results, as people at the drop folder see it.
    let results: String

    /// Why the file is refused.
    var error: InputError {
        var error = InputError(
            file: file,
            rule: "holds exactly what was taken in before as \(batch.name) (\(batch.fileName)), which \(standing)")
        error.remedy = remedy
        return error
    }

    private var standing: String {
        switch batch.state {
        case .completed: "is completed: its results are in \(results)"
        case .cancelled: "was cancelled: its results are in \(results)"
        case .rejected: "was refused"
        case .awaitingConfirmation: "waits for a confirmation"
        case .paused, .halted: "is \(batch.state.rawValue)"
        case .ingesting, .running: "is under way: its results will be in \(results)"
        }
    }

    private var remedy: String {
        switch batch.state {
        case .completed, .rejected:
            "Nothing, if those results will do. \(again)"
        case .cancelled where batch.counts.cancelled > 0:
            "Drop cancelled.\(batch.format) from there here, which sends what was not sent. \(again)"
        case .cancelled: "Nothing, if those results will do. \(again)"
        case .awaitingConfirmation: "Ask those who run Rollcall for 'rollcall start \(batch.name)'"
        case .paused, .halted:
            "Ask those who run Rollcall why; once that is put right, 'rollcall resume \(batch.name)' goes on"
        case .ingesting, .running: "Nothing: wait for those results"
        }
    }

    /// Where everything is to be asked once more.
    private var again: String {
        "To have all lines answered once more, ask those who run Rollcall for "
            + "'rollcall submit \(ShellWord.quoted(rejectedPath)) --job \(job.name) --again', which runs \(job.onceMore)"
    }
}

/// A word of a command as a shell reads it.
enum ShellWord {
    /// The word itself where nothing in it means anything to a shell, else in double quotes (POSIX XCU 2.2.3).
    static func quoted(_ word: String) -> String {
        let isPlain = word.utf8.allSatisfy { byte in
            UInt8(ascii: "a")...UInt8(ascii: "z") ~= byte | 0x20 || UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte
                || "/._-+,:@%".utf8.contains(byte)
        }
        if isPlain, !word.isEmpty { return word }
        return "\"" + word.map { "\"$`\\".contains($0) ? "\\\($0)" : String($0) }.joined() + "\""
    }
}
