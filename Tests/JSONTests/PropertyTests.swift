import Foundation
import JSON
import TestSupport
import Testing

struct PropertyTests {
    @Test("what the writer writes reads back, and canonical form undoes every disguise", arguments: 0..<300)
    func roundTrip(_ seed: Int) throws {
        var documents = RandomDocument(seed: UInt64(seed))
        let value = documents.value()
        var writer = JSONWriter()
        RandomDocument.write(value, into: &writer)
        let disguised = documents.disguised(value)
        #expect(try JSONDocument(parsing: writer.bytes).root.canonicalBytes == writer.bytes)
        #expect(try JSONDocument(parsing: Array(disguised.utf8)).root.canonicalBytes == writer.bytes)
    }

    @Test("an independent reader sees the same values", arguments: 1000..<1100)
    func foundationAgrees(_ seed: Int) throws {
        var documents = RandomDocument(seed: UInt64(seed))
        let text = documents.disguised(.array([documents.value()]))
        let ours = try JSONDocument(parsing: Array(text.utf8)).root.canonicalBytes
        let options: JSONSerialization.ReadingOptions = [.fragmentsAllowed]
        let theirs = try JSONSerialization.jsonObject(with: Data(text.utf8), options: options) as? NSArray
        let again = try JSONSerialization.jsonObject(with: Data(ours), options: options) as? NSArray
        #expect(try #require(theirs) == #require(again))
    }

    @Test("damaged bytes are refused or read as a document that holds together", arguments: 0..<300)
    func mutations(_ seed: Int) throws {
        var random = SeededRandom(seed: UInt64(seed))
        var documents = RandomDocument(seed: UInt64(seed))
        let original = Array(documents.disguised(documents.value()).utf8)
        for _ in 0..<10 {
            let damaged = damage(original, using: &random)
            guard let document = try? JSONDocument(parsing: damaged) else { continue }
            let canonical = document.root.canonicalBytes
            #expect(try JSONDocument(parsing: canonical).root.canonicalBytes == canonical)
            #expect(String(validating: damaged, as: UTF8.self) != nil)
        }
    }

    @Test("every beginning of a document but the whole is refused")
    func prefixes() throws {
        var documents = RandomDocument(seed: 7)
        let text = "[" + documents.disguised(documents.value()) + #","é😀\ud83d\ude00",-1.5e+7,{"a":[true,false,null]}]"#
        let bytes = Array(text.utf8)
        _ = try JSONDocument(parsing: bytes)
        for length in 0..<bytes.count {
            #expect(throws: JSONError.self) { try JSONDocument(parsing: Array(bytes.prefix(length))) }
        }
    }

    private func damage(_ bytes: [UInt8], using random: inout SeededRandom) -> [UInt8] {
        var result = bytes
        for _ in 0..<Int.random(in: 1...3, using: &random) {
            let place = Int.random(in: 0...result.count, using: &random)
            switch Int.random(in: 0..<3, using: &random) {
            case 0: result.insert(UInt8.random(in: 0...255, using: &random), at: place)
            case 1 where place < result.count: result.remove(at: place)
            case _ where place < result.count: result[place] = UInt8.random(in: 0...255, using: &random)
            default: break
            }
        }
        return result
    }
}
