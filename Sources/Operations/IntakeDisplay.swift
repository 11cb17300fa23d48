import Ingest
import RecordStore
import Synchronization

/// Shows how far a file has been taken in: in place on a terminal, at every tenth elsewhere.
final class IntakeDisplay: Sendable {
    private let name: String
    private let byteCount: Int
    private let console: Console
    private let tenthsShown = Mutex(0)

    init(batch: Batch, input: ExaminedFile, console: Console) {
        name = batch.name
        byteCount = max(1, input.file.byteCount)
        self.console = console
    }

    /// Takes how far into the file the last stored chunk reaches, in bytes.
    func show(_ offset: Int) {
        let percent = min(100, offset * 100 / byteCount)
        if console.errorIsTerminal {
            console.redraw { columns in "\(ProgressLine.shortened(name, to: columns / 2)): taken in \(percent)%" }
        } else if isNewTenth(percent / 10), percent < 100 {
            console.note("\(name): taken in \(percent)%")
        }
    }

    private func isNewTenth(_ tenth: Int) -> Bool {
        tenthsShown.withLock { shown in
            defer { shown = max(shown, tenth) }
            return tenth > shown
        }
    }
}
