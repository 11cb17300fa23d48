import Testing

@testable import Basics

@Suite("Hexadecimal")
struct HexadecimalTests {
    @Test func isLowerCaseWithLeadingZeros() {
        #expect(Hexadecimal.encode([0x00, 0x0f, 0xa0, 0xff]) == "000fa0ff")
        #expect(Hexadecimal.encode([UInt8]()).isEmpty)
    }

    @Test(
        arguments: [
            ("", []), ("00", [0x00]), ("000fA0fF", [0x00, 0x0f, 0xa0, 0xff]), ("0", nil), ("0g", nil), ("+1", nil),
            ("0x1", nil), ("12 4", nil), ("١١", nil),
        ] as [(String, [UInt8]?)])
    func digitsOfEitherCaseAreRead(text: String, bytes: [UInt8]?) {
        #expect(Hexadecimal.decode(text.utf8) == bytes)
    }

    @Test func whatIsWrittenIsReadBack() {
        let all = Array(UInt8.min...UInt8.max)
        #expect(Hexadecimal.decode(Hexadecimal.encode(all).utf8) == all)
    }
}
