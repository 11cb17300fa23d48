import IdentityInsights
import Testing

struct SpreadsheetDamageTests {
    @Test(
        "numbers as spreadsheets write them are recognised",
        arguments: [
            "1.41556E+10", "1,41556E+10", "1.41556e+10", "4E+07", "-1.5E+12", "+1.5E+12", "1.0E-05", "14.1556E+9",
            "1.2E+100",
        ])
    func scientific(_ value: String) {
        #expect(Self.rule(for: value) == SpreadsheetDamage.scientificRule)
    }

    @Test(
        "whole numbers with an empty fraction are recognised",
        arguments: ["1001.0", "0.0", "-12.000", "+7,0", "1001,00"])
    func fraction(_ value: String) {
        #expect(Self.rule(for: value) == SpreadsheetDamage.fractionRule)
    }

    @Test("the mark of text is recognised", arguments: ["'0014", "'", "'abc"])
    func apostrophe(_ value: String) {
        #expect(Self.rule(for: value) == SpreadsheetDamage.apostropheRule)
    }

    @Test(
        "ids and phones that only look a little like it are left alone",
        arguments: [
            "", "14155600000", "+14155600000", "12E5", "1E10", "E+10", ".5E+10", "1.E+10", "1.5E+", "1.5E+1000",
            "1.5E+10x", "x1.5E+10",
            "1.5 E+10", "1.5.5E+10", "3b5ed8ad6a408f42", "1e5f", "A1E+5", "1001.5", "1001.", ".0", "1.0.0", "1001.0x",
            "0'0",
        ])
    func intact(_ value: String) {
        #expect(Self.rule(for: value) == nil)
    }

    @Test(
        "a formula around text is its text, with quotes single or doubled",
        arguments: [
            ("=\"0013\"", 1, "0013"), ("=\"\"0013\"\"", 2, "0013"), ("=\"\"", 1, ""), ("=\"a\"b\"", 1, nil),
            ("=\"", 1, nil),
            ("=0013", 1, nil), ("\"0013\"", 1, nil), ("=\"0013\"", 2, nil), ("=\"\"\"\"", 2, ""), ("", 1, nil),
        ] as [(String, Int, String?)])
    func formula(_ value: String, _ quotes: Int, _ text: String?) {
        let bytes = Array(value.utf8)
        let inside = bytes.withUnsafeBytes { SpreadsheetDamage.textOfFormula($0, quotes: quotes) }
        #expect(inside.map { String(decoding: bytes[$0], as: UTF8.self) } == text)
    }

    private static func rule(for value: String) -> String? {
        Array(value.utf8).withUnsafeBytes(SpreadsheetDamage.rule)
    }
}
