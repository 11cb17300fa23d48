import JSON

/// Gives JSON lines back as they were, with the note's members behind the others.
struct ReturnedJSON: Sendable {
    let lineEnd: [UInt8]

    /// A line that is no JSON object is given back as it was: there is no place in it for more. One that was too long to
    /// be kept comes back with the note alone.
    func line(_ rawRow: [UInt8], _ note: ReturnNote) -> [UInt8] {
        // Where files were joined a mark of byte order may stand before a line.
        let isMarked = rawRow.starts(with: ByteOrderMark.utf8)
        let rawRow =
            rawRow.isEmpty ? Array("{}".utf8) : Array(rawRow.dropFirst(isMarked ? ByteOrderMark.utf8.count : 0))
        // What cannot be parsed is no object either.
        guard let root = try? JSONDocument(parsing: rawRow).root, root.kind == .object else { return rawRow + lineEnd }
        var writer = JSONWriter(capacity: rawRow.count + 256)
        writer.beginObject()
        for (name, value) in root.members where !ReturnNote.columns.contains(name) {
            writer.key(name)
            writer.raw(value.raw)
        }
        writer.key(ReturnNote.statusColumn)
        writer.string(note.status)
        writer.key(ReturnNote.reasonColumn)
        writer.string(note.reason)
        writer.key(ReturnNote.lineColumn)
        writer.integer(Int64(note.line))
        writer.key(ReturnNote.batchColumn)
        writer.string(note.batch)
        writer.endObject()
        return writer.bytes + lineEnd
    }
}
