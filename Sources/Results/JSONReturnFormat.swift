import JSON

/// Gives JSON lines back as they were, with the members `_status` and `_reason` behind the others.
struct JSONReturnFormat {
    /// A line that is no JSON object is given back as it was: there is no place in it for more. One that was too long to
    /// be kept comes back with the two members alone.
    func line(_ rawRow: [UInt8], _ status: String, _ reason: String) -> [UInt8] {
        let rawRow = rawRow.isEmpty ? Array("{}".utf8) : rawRow
        guard let root = try? JSONDocument(parsing: rawRow).root, root.kind == .object else {
            return rawRow + [UInt8(ascii: "\n")]
        }
        var writer = JSONWriter(capacity: rawRow.count + 256)
        writer.beginObject()
        for (name, value) in root.members where !OwnColumn.all.contains(name) {
            writer.key(name)
            writer.raw(value.raw)
        }
        writer.key(OwnColumn.status)
        writer.string(status)
        writer.key(OwnColumn.reason)
        writer.string(reason)
        writer.endObject()
        return writer.bytes + [UInt8(ascii: "\n")]
    }
}
