import Foundation
import JOSE
import Testing

@Suite("Base64url")
struct Base64URLTests {
    @Test(
        "The published examples are written and read",
        arguments: [
            // RFC 4648 §10, without padding; RFC 7515 appendix C.
            ([], ""), (Array("f".utf8), "Zg"), (Array("fo".utf8), "Zm8"), (Array("foo".utf8), "Zm9v"),
            (Array("foob".utf8), "Zm9vYg"), (Array("fooba".utf8), "Zm9vYmE"), (Array("foobar".utf8), "Zm9vYmFy"),
            ([3, 236, 255, 224, 193], "A-z_4ME"),
        ] as [([UInt8], String)])
    func published(bytes: [UInt8], text: String) {
        #expect(String(decoding: Base64URL.encode(bytes), as: UTF8.self) == text)
        #expect(Base64URL.decode(Array(text.utf8)) == bytes)
        #expect(Base64URL.encodedCount(bytes.count) == text.utf8.count)
        #expect(Base64URL.decodedCount(text.utf8.count) == bytes.count)
    }

    @Test("Bytes of every length come back, and agree with Foundation's base64")
    func roundTrip() {
        var bytes: [UInt8] = []
        for number in 0..<300 {
            let expected = Data(bytes).base64EncodedString().replacing("+", with: "-").replacing("/", with: "_")
                .replacing("=", with: "")
            let text = Base64URL.encode(bytes)
            #expect(String(decoding: text, as: UTF8.self) == expected)
            #expect(Base64URL.decode(text) == bytes)
            bytes.append(UInt8(truncatingIfNeeded: number &* 151 &+ 7))
        }
    }

    @Test("Each byte that is not one of the 64 characters is refused wherever it stands")
    func foreignCharacters() {
        let letters = Set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)
        for byte in UInt8.min...UInt8.max where !letters.contains(byte) {
            for length in [2, 3, 4, 6, 7, 8] {
                for position in 0..<length {
                    var text = [UInt8](repeating: UInt8(ascii: "A"), count: length)
                    text[position] = byte
                    #expect(Base64URL.decode(text) == nil)
                }
            }
        }
    }

    @Test(
        "Impossible lengths and stray bits are refused", arguments: ["A", "AAAAA", "AB", "A_", "AAB", "AAC", "AAAAAB"])
    func nonCanonical(text: String) {
        #expect(Base64URL.decode(Array(text.utf8)) == nil)
    }

    @Test("Of the characters that may end a text exactly the canonical ones are taken")
    func lastCharacters() {
        let letters = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)
        #expect(letters.count { Base64URL.decode([letters[0], $0]) != nil } == 4)
        #expect(letters.count { Base64URL.decode([letters[0], letters[0], $0]) != nil } == 16)
        #expect(letters.count { Base64URL.decode([letters[0], letters[0], letters[0], $0]) != nil } == 64)
    }
}
