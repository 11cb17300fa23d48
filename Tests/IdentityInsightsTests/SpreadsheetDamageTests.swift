import IdentityInsights
import Testing

struct SpreadsheetDamageTests {
    @Test(
        "numbers as spreadsheets write them are recognised",
        arguments: [
            "1.41556E+10", "1,41556E+10", "1.41556e+10", "4E+07", "-1.5E+12", "+1.5E+12", "1.0E-05", "14.1556E+9",
            "1.2E+100",
        ])
    func mangled(_ value: String) {
        #expect(Array(value.utf8).withUnsafeBytes(SpreadsheetDamage.isScientificNotation))
    }

    @Test(
        "ids and phones that only look a little like it are left alone",
        arguments: [
            "", "14155600000", "+14155600000", "12E5", "1E10", "E+10", ".5E+10", "1.E+10", "1.5E+", "1.5E+1000",
            "1.5E+10x", "x1.5E+10",
            "1.5 E+10", "1.5.5E+10", "3b5ed8ad6a408f42", "1e5f", "A1E+5",
        ])
    func intact(_ value: String) {
        #expect(!Array(value.utf8).withUnsafeBytes(SpreadsheetDamage.isScientificNotation))
    }
}
