import Foundation
import Testing

@testable import Basics

@Suite("Changing lines of a file")
struct LineEditsTests {
    private static func edits(_ changes: (Range<Int>, LineEdits.Change)...) -> LineEdits {
        var edits = LineEdits()
        for (lines, change) in changes { edits.add(lines, change) }
        return edits
    }

    static let cases: [(LineEdits, before: String, after: String)] = [
        (edits(), "a\nb\n", "a\nb\n"),
        (edits((2..<3, .removed)), "a\nb\nc\n", "a\nc\n"),
        (edits((1..<2, .removed), (3..<4, .removed)), "a\nb\nc", "b\n"),
        (edits((2..<3, .emptied)), "a\nb\nc\n", "a\n\nc\n"),
        (edits((2..<4, .emptied)), "a\r\n\"b\r\nb\"\r\nc\r\n", "a\r\n\r\n\r\nc\r\n"),
        (edits((2..<3, .emptied)), "a\nb\r", "a\n"),
        (edits((2..<3, .emptied)), "a\nb\rb\nc", "a\n\nc"),
        (edits((1..<2, .emptied)), "\r\nb\n", "\r\nb\n"),
        (edits((2..<3, .replaced(Array("x\n".utf8)))), "a\nb\nc\n", "a\nx\nc\n"),
        (edits((2..<4, .replaced(Array("x\n".utf8)))), "a\nb\nb\nc\n", "a\nx\nc\n"),
        (edits((2..<3, .replaced(Array("x\n".utf8)))), "a\nb", "a\nx\n"),
        (
            edits((1..<2, .removed), (2..<3, .replaced(Array("x\n".utf8))), (3..<5, .emptied)), "a\nb\nc\nd\ne\n",
            "x\n\n\ne\n"
        ),
        (edits((9..<10, .removed)), "a\nb\n", "a\nb\n"),
    ]

    @Test("Each change, however the text is portioned", arguments: cases)
    func changes(edits: LineEdits, before: String, after: String) {
        for portion in [1, 2, 3, 64] {
            var (editor, out, rest) = (edits.editor, [UInt8](), Array(before.utf8)[...])
            while !rest.isEmpty {
                Array(rest.prefix(portion)).withUnsafeBytes { editor.edit($0, into: &out) }
                rest = rest.dropFirst(portion)
            }
            #expect(String(decoding: out, as: UTF8.self) == after, "in portions of \(portion)")
        }
    }

    /// A file in a folder of its own, which is removed afterwards.
    private func withFile(_ text: String, _ body: (_ folder: URL, _ path: String) throws -> Void) throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "rollcall-editing-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: false)
        defer { #expect(throws: Never.self) { try FileManager.default.removeItem(at: folder) } }
        let file = folder.appending(path: "file.csv")
        try Data(text.utf8).write(to: file)
        try body(folder, file.path)
    }

    private func facts(_ path: String) throws -> stat { try OwnedDescriptor(opening: path, O_RDONLY).facts() }

    @Test("A file keeps its mode, its owner and its group, and nothing is left beside it")
    func keepsMode() throws {
        try withFile("a\nb\n") { folder, path in
            try OwnedDescriptor(opening: path, O_RDONLY).setMode(0o640)
            if geteuid() == 0 { #expect(chown(path, 12, 34) == 0) }
            // What a process left that was killed as it edited this file.
            try Data("b\n".utf8).write(to: folder.appending(path: ".file.csv.tmp-edited"))
            let before = try facts(path)
            try FileEditing.perform(Self.edits((1..<2, .removed)), on: path)
            let after = try facts(path)
            #expect(try String(contentsOfFile: path, encoding: .utf8) == "b\n")
            #expect((after.st_mode, after.st_uid, after.st_gid) == (before.st_mode, before.st_uid, before.st_gid))
            #expect((after.st_mtim.tv_sec, after.st_mtim.tv_nsec) == (before.st_mtim.tv_sec, before.st_mtim.tv_nsec))
            #expect(before.st_ino != after.st_ino)
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["file.csv"])
        }
    }

    @Test("What fails before the copy is in place leaves the file as it was")
    func failsWhole() throws {
        struct Killed: Error {}
        try withFile("a\nb\n") { folder, path in
            #expect(throws: Killed.self) {
                try FileEditing.perform(Self.edits((1..<2, .removed)), on: path) { copy in
                    #expect(try String(contentsOfFile: copy, encoding: .utf8) == "b\n")
                    throw Killed()
                }
            }
            let text = try String(contentsOfFile: path, encoding: .utf8)
            #expect(text == "a\nb\n")
            // A file that was removed meanwhile does not come back.
            #expect(throws: SystemFault.self) {
                try FileEditing.perform(Self.edits((1..<2, .removed)), on: path) { _ in unlink(path) }
            }
            let names = try FileManager.default.contentsOfDirectory(atPath: folder.path)
            #expect(names == [])
        }
    }
}
