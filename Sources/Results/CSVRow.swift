/// One CSV row being written (RFC 4180), in a buffer used again for each row.
///
/// A cell is put in quotes only where it holds the delimiter, a quote or a line break. Its bytes are kept as they are:
/// a cell that a spreadsheet would take for a formula (`=`, `+`, `-`, `@`) is not changed here, since a risk score may be
/// negative and programs read this file; the only cell that comes from the input is the id (`ResultOptions`).
struct CSVRow {
    private(set) var bytes: [UInt8] = []
    private let delimiter: UInt8
    private var isFirst = true

    init(delimiter: UInt8 = UInt8(ascii: ",")) { self.delimiter = delimiter }

    mutating func begin() {
        bytes.removeAll(keepingCapacity: true)
        isFirst = true
    }

    mutating func end() { bytes.append(UInt8(ascii: "\n")) }

    mutating func empty() { separate() }

    mutating func cell(_ text: String) {
        var text = text
        text.withUTF8 { cell(UnsafeRawBufferPointer($0)) }
    }

    mutating func cell(_ text: String?) {
        if let text { cell(text) } else { empty() }
    }

    mutating func cell(_ number: Int?) {
        separate()
        if let number { bytes.append(contentsOf: number.description.utf8) }
    }

    mutating func cell(_ utf8: UnsafeRawBufferPointer) {
        separate()
        if needsQuotes(utf8) { appendQuoted(utf8) } else { bytes.append(contentsOf: utf8) }
    }

    /// A time in milliseconds since 1970 UTC.
    mutating func time(_ milliseconds: Int64?) {
        separate()
        if let milliseconds { Timestamp.append(milliseconds, to: &bytes) }
    }

    private mutating func separate() {
        if !isFirst { bytes.append(delimiter) }
        isFirst = false
    }

    private func needsQuotes(_ utf8: UnsafeRawBufferPointer) -> Bool {
        for byte in utf8 where byte < 0x30 || byte == delimiter {
            if byte == delimiter || byte == UInt8(ascii: "\"") || byte == 0x0A || byte == 0x0D { return true }
        }
        return false
    }

    private mutating func appendQuoted(_ utf8: UnsafeRawBufferPointer) {
        bytes.append(UInt8(ascii: "\""))
        for byte in utf8 {
            if byte == UInt8(ascii: "\"") { bytes.append(byte) }
            bytes.append(byte)
        }
        bytes.append(UInt8(ascii: "\""))
    }
}
