import Basics
import Foundation
import TestSupport
import Testing

@testable import DropFolder

/// What a power cut would take away: no name that an operation has moved, or taken out, when it returns.
@Suite struct MovedNamesTests {
    enum Operation: String, CaseIterable {
        case claim
        case putBack
        case archive
        case reject
        case delete
        case returnToInbox

        /// The folders whose names it changes.
        var folders: Set<String> {
            switch self {
            case .claim, .putBack, .returnToInbox: ["inbox", "working"]
            case .archive: ["working", "archive"]
            case .reject: ["working", "rejected"]
            case .delete: ["working"]
            }
        }
    }

    /// What was done, in its order.
    private enum Event: Equatable {
        case moved
        case wroteText
        case synchronized(String)
    }

    private static func perform(_ operation: Operation, _ place: DropFolderFixture, _ folder: DropFolder) throws {
        switch operation {
        case .claim:
            let taken = FileClaim.taken(path: folder.workingPath(of: "a.csv"))
            #expect(try folder.claim(place.sighting(of: "a.csv")) == taken)
        case .putBack: #expect(try folder.claim(place.sighting(of: "a.csv")) == .changed)
        case .archive: try folder.archive("a.csv", as: "batch-1")
        case .reject: try folder.reject("a.csv", because: InputError(file: "a.csv", rule: "is bad"), as: nil)
        case .delete: try folder.delete("a.csv")
        case .returnToInbox: try folder.returnToInbox("a.csv")
        }
    }

    private static func events(
        of operation: Operation, usingRenameFlags usesRenameFlags: Bool
    ) async throws -> [Event] {
        let place = try DropFolderFixture()
        try place.drop("a.csv")
        if operation != .claim, operation != .putBack { try place.claim("a.csv") }
        let events = Lock<[Event]>([])
        var calls = FolderCalls()
        calls.usesRenameFlags = usesRenameFlags
        let root = place.path
        calls.afterEach = { step in
            if step == .move || step == .remove { events.withLock { $0.append(.moved) } }
            if step == .writeText { events.withLock { $0.append(.wroteText) } }
            // Its writer was not done.
            if step == .move, operation == .putBack, FileManager.default.fileExists(atPath: root + "/working/a.csv") {
                try Data("id\n1\n2\n".utf8).write(to: URL(filePath: root + "/working/a.csv"))
            }
        }
        let folder = place.folder(with: calls)
        try await FileObservation.observing {
            if case .synchronized(let path) = $0, path.hasPrefix(root) {
                events.withLock { $0.append(.synchronized(String(path.dropFirst(root.utf8.count + 1)))) }
            }
        } _: {
            try Self.perform(operation, place, folder)
        }
        return events.withLock { $0 }
    }

    @Test("The names in both folders are synchronized when it returns", arguments: Operation.allCases, [true, false])
    func names(operation: Operation, usesRenameFlags: Bool) async throws {
        let events = try await Self.events(of: operation, usingRenameFlags: usesRenameFlags)
        let last = try #require(events.lastIndex(of: .moved))
        let after = events[last...].compactMap { if case .synchronized(let name) = $0 { name } else { nil } }
        #expect(operation.folders.subtracting(after) == [], "\(events)")
    }

    @Test("Why a file is refused is on the disk, and its name, before the file is moved there")
    func reason() async throws {
        let events = try await Self.events(of: .reject, usingRenameFlags: true)
        let (wrote, move) = (
            try #require(events.firstIndex(of: .wroteText)), try #require(events.lastIndex(of: .moved))
        )
        let between = events[wrote..<move].compactMap { if case .synchronized(let name) = $0 { name } else { nil } }
        #expect(between.contains { $0.hasPrefix("rejected/") } && between.last == "rejected", "\(events)")
    }
}
