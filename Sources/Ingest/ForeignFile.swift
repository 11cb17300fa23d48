/// Files that are known by their first bytes to be neither CSV nor JSON-lines.
enum ForeignFile {
    private static let signatures: [(bytes: [UInt8], rule: String)] = [
        ([0x50, 0x4B, 0x03, 0x04], "is a zip or an .xlsx workbook; open it and save as CSV UTF-8"),
        ([0xD0, 0xCF, 0x11, 0xE0], "is an old Excel workbook (.xls); open it and save as CSV UTF-8"),
        ([0x1F, 0x8B], "is compressed with gzip; unpack it first"),
        ([0x28, 0xB5, 0x2F, 0xFD], "is compressed with zstd; unpack it first"),
        ([0x42, 0x5A, 0x68], "is compressed with bzip2; unpack it first"),
        ([0xFD, 0x37, 0x7A, 0x58, 0x5A, 0x00], "is compressed with xz; unpack it first"),
        ([0x37, 0x7A, 0xBC, 0xAF, 0x27, 0x1C], "is a 7-Zip archive; unpack it first"),
        ([0x50, 0x41, 0x52, 0x31], "is Parquet; ask for the records as CSV UTF-8"),
        ([0x25, 0x50, 0x44, 0x46], "is a PDF; ask for the records as CSV UTF-8"),
        ([0xFF, 0xFE], "is UTF-16; save as CSV UTF-8"),
        ([0xFE, 0xFF], "is UTF-16; save as CSV UTF-8"),
    ]

    /// Beginnings of texts behind byte order mark and white space, in small letters.
    private static let texts: [(beginning: String, rule: String)] = [
        ("<!doctype html", html), ("<html", html), ("<head", html), ("<body", html), ("<script", html), ("<!--", html),
        ("<?xml", "is XML; ask for the records as CSV UTF-8 or JSON-lines"),
        ("{\\rtf", "is a text document (RTF); save the records as CSV UTF-8"),
        ("-----begin pgp", "is encrypted with PGP; decrypt it first"),
    ]

    private static let html = "is HTML: perhaps a sign-in page or an error page was saved; get the file itself"

    /// Why a file beginning with `head` is refused, nil where nothing speaks against it.
    static func rule(for head: UnsafeRawBufferPointer) -> String? {
        if let signature = signatures.first(where: { head.starts(with: $0.bytes) }) { return signature.rule }
        let text = ByteOrderMark.dropped(from: head).drop(while: Byte.isSpace).prefix(longestBeginning)
        let beginning = String(decoding: text, as: UTF8.self).lowercased()
        return texts.first { beginning.hasPrefix($0.beginning) }?.rule
    }

    private static let longestBeginning = texts.map(\.beginning.utf8.count).max() ?? 0
}
