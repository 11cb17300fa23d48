import Testing

@testable import Results

@Suite struct CSVRowTests {
    @Test(arguments: [
        ("plain", "plain"), ("", ""), ("a,b", "\"a,b\""), ("say \"hi\"", "\"say \"\"hi\"\"\""), ("a\nb", "\"a\nb\""),
        ("a\rb", "\"a\rb\""), ("a;b", "a;b"), (" a ", " a "), ("=1+1", "=1+1"), ("-5", "-5"), ("@x", "@x"),
        ("Zoë 张伟", "Zoë 张伟"), ("'", "'"),
    ])
    func aCellIsQuotedOnlyWhereItMustBeAndNeverChanged(text: String, cell: String) {
        var row = CSVRow()
        row.begin()
        row.cell(text)
        #expect(String(decoding: row.bytes, as: UTF8.self) == cell)
    }

    @Test func theDelimiterDecidesWhatIsQuoted() {
        var row = CSVRow(delimiter: UInt8(ascii: ";"))
        row.begin()
        row.cell("a;b")
        row.cell("a,b")
        row.cell(nil as String?)
        row.cell(7)
        row.cell(nil as Int?)
        row.end()
        #expect(String(decoding: row.bytes, as: UTF8.self) == "\"a;b\";a,b;;7;\n")
    }

    @Test func aRowBeginsAnew() {
        var row = CSVRow()
        row.cell("before")
        row.begin()
        row.empty()
        row.empty()
        #expect(String(decoding: row.bytes, as: UTF8.self) == ",")
    }
}
