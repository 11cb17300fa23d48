import Basics
import Foundation
import TestSupport

@testable import DropFolder

/// What the database remembers in these tests: it lives through a kill, and each change is one transaction.
final class FolderRecord {
    var claimed: Set<String> = []
    /// Content of each batch that was made.
    var batches: [String] = []
    var completed: [String] = []
}

/// A runner in small: takes files through a folder in the order that `DropFolder` asks for.
struct FolderLifecycle {
    let folder: DropFolder
    let book: FolderRecord
    let counter: StepCounter
    var needsDoneMarker = false

    /// Starts, works until the inbox is empty, and stops; or dies.
    func run() throws {
        try folder.prepare()
        let found = try folder.recover(claimed: book.claimed, needsDoneMarker: needsDoneMarker)
        for name in found.gone { try forget(name) }
        for name in found.claimed + found.unclaimed { try work(on: name) }
        var settling = SettlingFiles(settle: .seconds(30), needsDoneMarker: needsDoneMarker, order: .name)
        for minute in 0..<6 {
            for file in settling.take(try folder.look(), at: Int64(minute) * 60_000_000_000).whole {
                if case .taken = try folder.claim(file) { try work(on: file.name) }
            }
        }
    }

    private func work(on name: String) throws {
        let content = try String(contentsOfFile: folder.workingPath(of: name), encoding: .utf8)
        guard content != "bad" else {
            try folder.reject(name, because: InputError(file: name, rule: "is bad"), as: nil)
            return
        }
        try takeIn(name, content)
        try folder.writeStatus(
            FileStatus(file: name, batch: content, takenAt: 0, phase: .queued(reason: nil), writtenAt: 0, zone: .gmt))
        if !book.completed.contains(content) { book.completed.append(content) }
        try counter.step()
        try folder.removeStatus(of: name)
        try folder.archive(name, as: "batch-\(book.batches.firstIndex(of: content) ?? -1)")
        try forget(name)
    }

    /// The batch and the claim in one transaction; a content that has a batch continues with it.
    private func takeIn(_ name: String, _ content: String) throws {
        guard !book.claimed.contains(name) else { return }
        if !book.batches.contains(content) { book.batches.append(content) }
        book.claimed.insert(name)
        try counter.step()
    }

    private func forget(_ name: String) throws {
        book.claimed.remove(name)
        try counter.step()
    }
}
