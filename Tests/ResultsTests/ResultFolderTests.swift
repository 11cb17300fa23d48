import Basics
import Foundation
import Testing

@testable import Results

@Suite struct ResultFolderTests {
    let place: ResultsFixture

    init() throws { place = try ResultsFixture() }

    @Test func folderAndFilesArePrivateWhateverWasThere() throws {
        try FileManager.default.createDirectory(
            atPath: place.path + "/out/b-1", withIntermediateDirectories: true, attributes: [.posixPermissions: 0o755])
        let folder = try ResultFolder(path: place.path + "/out/b-1")
        let file = try ResultFile("results.csv", in: folder)
        #expect(try place.mode("out/b-1") == 0o700)
        let temporary = try #require(try place.names("out/b-1").first)
        #expect(temporary.hasPrefix(".results.csv.tmp-"))
        #expect(try place.mode("out/b-1/\(temporary)") == 0o600)
        _ = try file.complete()
        try file.publish()
        #expect(try place.names("out/b-1") == ["results.csv"])
        #expect(try place.mode("out/b-1/results.csv") == 0o600)
    }

    @Test func aFileThatIsNotPublishedLeavesNothingAndHarmsNothing() throws {
        let folder = try ResultFolder(path: place.path + "/b")
        try place.write("before", to: "b/results.csv")
        do {
            let file = try ResultFile("results.csv", in: folder)
            try file.write(Array("half".utf8))
            _ = try file.complete()
        }
        #expect(try place.names("b") == ["results.csv"])
        #expect(try place.read("b/results.csv") == "before")
    }

    @Test func temporariesOfACrashAreRemovedAndNothingElse() throws {
        let folder = try ResultFolder(path: place.path + "/b")
        for name in [".results.csv.tmp-1", ".summary.json.tmp-", ".notes.tmp-1", "results.csv.tmp-1", "mine.csv"] {
            try place.write("x", to: "b/" + name)
        }
        try folder.removeTemporaries(of: ["results.csv", "summary.json"])
        #expect(try place.names("b") == [".notes.tmp-1", "mine.csv", "results.csv.tmp-1"])
    }

    @Test func theDigestAndSizeAreThoseOfTheFile() throws {
        let folder = try ResultFolder(path: place.path + "/b")
        let file = try ResultFile("results.csv", in: folder)
        let block = [UInt8](repeating: UInt8(ascii: "a"), count: 300_000)
        try file.write(block)
        try file.write(block)
        let facts = try file.complete()
        #expect(facts.bytes == 600_000)
        // sha256sum of 600,000 times 'a'.
        #expect(Hexadecimal.encode(facts.digest) == "ded93777580eeaa7d906cb0f16b9706b1000067eaf0f3b6c1d03a8bc6a15bf15")
    }

    @Test func aPlaceThatCannotBeAFolderIsNamed() throws {
        try place.write("x", to: "out")
        let error = try #require(throws: ResultError.self) { try ResultFolder(path: place.path + "/out/b") }
        #expect(error.code == .notWritten)
        #expect(error.message == "the folder \(place.path)/out/b cannot be made; check `output` and its permissions")
    }

    @Test func aLinkInPlaceOfTheFolderIsNotFollowed() throws {
        try FileManager.default.createSymbolicLink(
            atPath: place.path + "/b", withDestinationPath: NSTemporaryDirectory())
        #expect(throws: ResultError.self) { try ResultFolder(path: place.path + "/b") }
    }

    @Test func aClosedReaderIsToldApart() throws {
        signal(SIGPIPE, SIG_IGN)
        var ends: [Int32] = [0, 0]
        #expect(pipe(&ends) == 0)
        close(ends[0])
        defer { close(ends[1]) }
        let sink = try ByteSink(descriptor: ends[1], name: "the output", isHashed: false)
        try sink.write([1])
        let error = try #require(throws: ResultError.self) { try sink.finish() }
        #expect(error.code == .closed)
        #expect(error.description == "the output was closed before everything was written")
    }
}
