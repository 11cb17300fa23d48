import Basics
import Foundation
import JSON
import RecordStore

/// Writes records as lines of `results.jsonl`: the record's own columns, the messages, and the whole answer.
struct ResultJSONFormat {
    private var writer = JSONWriter(capacity: 4096)
    private var bytes: [UInt8] = []
    private var scratch: [UInt8] = []
    private let keys = ResultColumns.record.map(JSONKey.init)
    private let warnings = JSONKey("warnings")
    private let alerts = JSONKey("alerts")
    private let origin = JSONKey(ResultColumns.origin)
    private let answer = JSONKey("answer")
    private let answerText = JSONKey("answer_text")

    mutating func line(_ record: ResultRow, _ cells: AnswerCells) -> [UInt8] {
        if let forgotten = ForgottenRow(record) { return forgotten.jsonLine }
        writer.reset()
        writer.beginObject()
        integer(keys[0], record.line)
        writer.key(keys[1])
        record.id.withUnsafeBytes { writer.string(utf8: $0) }
        string(keys[2], record.status.rawValue)
        integer(keys[3], record.attempts)
        integer(keys[4], record.httpStatus)
        string(keys[5], record.reasonCode)
        string(keys[6], record.error)
        string(keys[7], record.correlationID)
        string(keys[8], record.requestRefID)
        time(keys[9], record.submittedAt)
        time(keys[10], record.completedAt)
        messages(warnings, cells.warnings)
        messages(alerts, cells.alerts)
        string(origin, record.reusedFrom)
        if let text = cells.text { embed(text: text) } else { embed(cells.document) }
        writer.endObject()
        bytes.removeAll(keepingCapacity: true)
        bytes.append(contentsOf: writer.bytes)
        bytes.append(UInt8(ascii: "\n"))
        return bytes
    }

    private mutating func integer(_ key: JSONKey, _ value: Int?) {
        writer.key(key)
        if let value { writer.integer(Int64(value)) } else { writer.null() }
    }

    private mutating func string(_ key: JSONKey, _ value: String?) {
        writer.key(key)
        if let value { writer.string(value) } else { writer.null() }
    }

    private mutating func time(_ key: JSONKey, _ time: WallTime?) {
        writer.key(key)
        guard let time else { return writer.null() }
        scratch.removeAll(keepingCapacity: true)
        Timestamp.append(time, to: &scratch)
        scratch.withUnsafeBytes { writer.string(utf8: $0) }
    }

    private mutating func messages(_ key: JSONKey, _ messages: [String]) {
        writer.key(key)
        writer.beginArray()
        for message in messages { writer.string(message) }
        writer.endArray()
    }

    /// The answer as it came. A line break in valid JSON is white space between tokens (RFC 8259 §2, §7), so a blank
    /// in its place keeps the line one line and changes nothing.
    private mutating func embed(_ document: JSONDocument?) {
        writer.key(answer)
        guard let document else { return writer.null() }
        document.root.raw.withUnsafeBytes { raw in
            if Self.hasLineBreak(raw) {
                writer.raw(raw.map { $0 == 0x0A || $0 == 0x0D ? 0x20 : $0 })
            } else {
                writer.raw(raw)
            }
        }
    }

    /// An answer that is no strict JSON stands beside as a text; what of it is no UTF-8 becomes U+FFFD there.
    private mutating func embed(text: [UInt8]) {
        writer.key(answer)
        writer.null()
        writer.key(answerText)
        writer.string(String(decoding: text, as: UTF8.self))
    }

    private static func hasLineBreak(_ bytes: UnsafeRawBufferPointer) -> Bool {
        guard let start = bytes.baseAddress else { return false }
        return memchr(start, 0x0A, bytes.count) != nil || memchr(start, 0x0D, bytes.count) != nil
    }
}
