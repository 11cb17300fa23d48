import Foundation
import Testing

@Suite("What fuzzing begins with, and what it has found")
struct FuzzCorpusTests {
    private static let corpus = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Corpus")

    @Test("Every file of a corpus is read without a broken rule", arguments: FuzzTarget.allCases)
    func isRead(target: FuzzTarget) throws {
        let folder = Self.corpus.appending(path: target.rawValue)
        let files = try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
        #expect(files.count >= 3, "libFuzzer needs something to begin with")
        for file in files {
            let bytes = try Array(Data(contentsOf: file))
            #expect(target.read(bytes) == nil, "\(file.lastPathComponent)")
            // Cut short at any place, as a network or a disk may do it.
            for count in 0..<bytes.count { #expect(target.read(Array(bytes.prefix(count))) == nil) }
        }
    }
}
