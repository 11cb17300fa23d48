import Testing

@testable import Ingest

struct SpreadsheetChangeTests {
    @Test(arguments: [
        ("0013", "13"), ("00013", "13"), ("-0013", "-13"), ("+1001", "1001"), ("0", "0.0"), ("000", "0"),
        ("1001", "1001.0"), ("1001", "1001.00"), ("1001", "1,001"), ("1001", "1.001"), ("1001", "1001,00"),
        ("1001.10", "1001.1"), ("1001,50", "1001.5"), ("1234567", "1,234,567.00"), ("12E5", "1200000"),
        ("1234567", "1.234567E+06"), ("12345678901234567890", "12345678901234500000"),
        ("12345678901234567890", "12345678901234600000"), ("12345678901234567890", "1.23456789012346E+19"),
        ("99999999999999999999", "100000000000000000000"),
    ])
    func aSpreadsheetExplains(original: String, text: String) {
        #expect(SpreadsheetChange.explains(Array(original.utf8), becoming: Array(text.utf8)))
    }

    @Test(arguments: [
        // The same, another number, another text.
        ("0013", "0013"), ("0013", "14"), ("0013", "130"), ("A-13", "13"), ("13", "A-13"), ("", "13"), ("13", ""),
        ("1001", "1001.5"), ("1001", "10,01"), ("12345", "12300"), ("1234567890123456", "1234567890123457"),
        // Mended by hand: zeros or digits that are there again.
        ("13", "0013"), ("1.41556E+10", "14155600000"), ("1001.0", "01001"),
        // No numbers.
        ("1-2", "1"), ("1e99999", "1"), (".", "0"), ("+", "0"), ("1.2.3", "123"),
    ])
    func nothingExplains(original: String, text: String) {
        #expect(!SpreadsheetChange.explains(Array(original.utf8), becoming: Array(text.utf8)))
    }
}
