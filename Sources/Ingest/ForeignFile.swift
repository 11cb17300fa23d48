/// Files that are known by their first bytes to be neither CSV nor JSON-lines.
enum ForeignFile {
    private static let signatures: [(bytes: [UInt8], rule: String)] = [
        ([0x50, 0x4B, 0x03, 0x04], "is a zip or an .xlsx workbook; open it and save as CSV UTF-8"),
        ([0xD0, 0xCF, 0x11, 0xE0], "is an old Excel workbook (.xls); open it and save as CSV UTF-8"),
        ([0x1F, 0x8B], "is compressed with gzip; unpack it first"),
        ([0x25, 0x50, 0x44, 0x46], "is a PDF; ask for the records as CSV UTF-8"),
        ([0xFF, 0xFE], "is UTF-16; save as CSV UTF-8"),
        ([0xFE, 0xFF], "is UTF-16; save as CSV UTF-8"),
    ]

    /// Why a file beginning with `head` is refused, nil where nothing speaks against it.
    static func rule(for head: UnsafeRawBufferPointer) -> String? {
        signatures.first { head.starts(with: $0.bytes) }?.rule
    }
}
