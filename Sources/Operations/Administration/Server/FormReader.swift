import Foundation

/// Reads a form as it comes: its fields into memory, a file sealed onto the disk at once. It may block where there is one.
struct FormReader: ~Copyable {
    private enum Encoding {
        /// No body may come.
        case nothing
        case urlEncoded([UInt8])
        case multipart(MultipartParser)
    }

    /// What is being read.
    private enum Part {
        case none
        case field(String, [UInt8])
        /// A file in whose field none was chosen, or which is not wanted.
        case ignored
        case file
    }

    private let folder: String?
    private var encoding: Encoding
    private var form = AdminForm()
    private var part = Part.none
    private var writer: SealedFile.Writer?
    /// The longest value of a field, or form without a file, in bytes.
    private static let valueLimit = AdminRoutes.formLimit

    /// Begins a form.
    ///
    /// - Parameters:
    ///   - contentType: What the request says it is; nil or empty is fine where there is no body.
    ///   - folder: Where a file lies sealed; nil: none is wanted.
    /// - Throws: `AdminForm.Fault` for what cannot be read.
    init(contentType: String?, filesIn folder: String?) throws(AdminForm.Fault) {
        self.folder = folder
        let parts = (contentType ?? "").split(separator: ";").map { $0.trimmingCharacters(in: .whitespaces) }
        switch parts.first?.lowercased() {
        case "application/x-www-form-urlencoded": encoding = .urlEncoded([])
        case "multipart/form-data":
            guard let boundary = MultipartParser.parameter("boundary", of: parts.dropFirst()) else {
                throw AdminForm.Fault()
            }
            encoding = .multipart(MultipartParser(boundary: boundary))
        default: encoding = .nothing
        }
    }

    /// Takes the next bytes of the body.
    ///
    /// - Throws: `AdminForm.Fault` where it is no such form; `SystemFault` where the disk does not take a file.
    mutating func take(_ bytes: ArraySlice<UInt8>) throws {
        switch encoding {
        case .nothing: guard bytes.isEmpty else { throw AdminForm.Fault() }
        case .urlEncoded(let before):
            guard before.count + bytes.count <= Self.valueLimit else { throw AdminForm.Fault() }
            encoding = .urlEncoded(before + bytes)
        case .multipart(var parser):
            // Its bytes are not copied while only one variable has them.
            encoding = .nothing
            parser.append(bytes)
            while let event = try parser.next() { try take(event) }
            encoding = .multipart(parser)
        }
    }

    /// The form, when all of it has come.
    ///
    /// - Throws: As `take`.
    consuming func finish() throws -> AdminForm {
        switch encoding {
        case .nothing: break
        case .urlEncoded(let bytes):
            guard let text = String(bytes: bytes, encoding: .utf8) else { throw AdminForm.Fault() }
            form = try AdminForm(urlEncoded: text)
        case .multipart(let parser): try parser.finish()
        }
        return form
    }

    private mutating func take(_ event: MultipartParser.Event) throws {
        switch event {
        case .begin(let name, nil): part = .field(name, [])
        case .begin(_, let file?): try begin(file: file)
        case .content(let bytes): try add(bytes)
        case .end: try end()
        }
    }

    private mutating func begin(file: String) throws {
        // A field of a file in which none was chosen has an empty name.
        guard let folder, !file.isEmpty else {
            part = .ignored
            return
        }
        let name = file.split(whereSeparator: { "/\\".contains($0) }).last.map(String.init) ?? "file"
        writer = try SealedFile.Writer(name: name, in: folder)
        part = .file
    }

    private mutating func add(_ bytes: [UInt8]) throws {
        switch part {
        case .field(let name, let before):
            guard before.count + bytes.count <= Self.valueLimit else { throw AdminForm.Fault() }
            part = .field(name, before + bytes)
        case .file: try writer?.append(bytes[...])
        case .none, .ignored: break
        }
    }

    private mutating func end() throws {
        switch part {
        case .field(let name, let bytes):
            guard let value = String(bytes: bytes, encoding: .utf8) else { throw AdminForm.Fault() }
            form.fields[name, default: []].append(value)
        case .file:
            if let writer = writer.take() { form.file = try writer.finish() }
        case .none, .ignored: break
        }
        part = .none
    }
}

/// Takes a form with files apart as it comes, piece by piece (RFC 7578, RFC 2046 §5.1.1). A pure value: whoever feeds it
/// does something with the parts, and no more than a piece is in memory.
private struct MultipartParser: Sendable {
    /// What has come.
    enum Event: Equatable {
        /// A part begins; its name, and the file's where it is one.
        case begin(name: String, file: String?)
        /// The next bytes of its content.
        case content([UInt8])
        case end
    }

    private enum State {
        /// Before the first boundary; whether anything precedes it.
        case preamble(isEmpty: Bool)
        /// Behind a boundary; whether nothing but text that says nothing precedes it.
        case boundary(isFirst: Bool, isPreceded: Bool)
        case head
        case content
        case over
    }

    private let mark: [UInt8]
    private var state = State.preamble(isEmpty: true)
    /// What has not been looked at to its end. The first boundary has no line end before it, so one is set there.
    private var pending = Array("\r\n".utf8)
    private static let line = Array("\r\n".utf8)
    /// Longer heads than this nobody writes, in bytes.
    private static let headLimit = 8 << 10

    init(boundary: String) { mark = Array("\r\n--\(boundary)".utf8) }

    /// Adds bytes to what has come.
    mutating func append(_ bytes: ArraySlice<UInt8>) { pending += bytes }

    /// What comes next; nil: more bytes are needed first.
    ///
    /// - Throws: `AdminForm.Fault` where it is no such form.
    mutating func next() throws(AdminForm.Fault) -> Event? {
        while true {
            switch state {
            case .preamble(let isEmpty): guard passPreamble(isEmpty) else { return nil }
            case .boundary(let isFirst, let isPreceded):
                guard try passBoundary(isFirst: isFirst, isPreceded) else { return nil }
            case .head: return try readHead()
            case .content: return readContent()
            case .over:
                pending.removeAll()
                return nil
            }
        }
    }

    /// To be called when all has come.
    ///
    /// - Throws: `AdminForm.Fault` where the last boundary is missing.
    func finish() throws(AdminForm.Fault) {
        guard case .over = state else { throw AdminForm.Fault() }
    }

    private mutating func passPreamble(_ isEmpty: Bool) -> Bool {
        guard let found = Self.range(of: mark, in: pending) else {
            let sure = pending.count - mark.count + 1
            if sure > 0 {
                pending.removeFirst(sure)
                state = .preamble(isEmpty: false)
            }
            return false
        }
        state = .boundary(isFirst: true, isPreceded: !isEmpty || found.lowerBound > 0)
        pending.removeFirst(found.upperBound)
        return true
    }

    private mutating func passBoundary(isFirst: Bool, _ isPreceded: Bool) throws(AdminForm.Fault) -> Bool {
        guard pending.count >= 2 else { return false }
        if pending.starts(with: Array("--".utf8)) {
            // What precedes nothing but the end hides the parts.
            guard !isFirst || !isPreceded else { throw AdminForm.Fault() }
            state = .over
            return true
        }
        guard pending.starts(with: Self.line) else { throw AdminForm.Fault() }
        // The line end stays: a boundary in a head is found by it.
        state = .head
        return true
    }

    private mutating func readHead() throws(AdminForm.Fault) -> Event? {
        guard let end = Self.range(of: Self.line + Self.line, in: pending) else {
            guard pending.count <= Self.headLimit else { throw AdminForm.Fault() }
            return nil
        }
        let head = Array(pending[..<end.lowerBound])
        guard head.count <= Self.headLimit, Self.range(of: mark, in: head) == nil,
            let text = String(bytes: head, encoding: .utf8)
        else { throw AdminForm.Fault() }
        pending.removeFirst(end.upperBound)
        state = .content
        return try Self.begin(head: text)
    }

    private mutating func readContent() -> Event? {
        if let found = Self.range(of: mark, in: pending) {
            if found.lowerBound > 0 { return content(upTo: found.lowerBound) }
            pending.removeFirst(found.upperBound)
            state = .boundary(isFirst: false, isPreceded: true)
            return .end
        }
        // The end may be the beginning of a boundary.
        let sure = pending.count - mark.count + 1
        return sure > 0 ? content(upTo: sure) : nil
    }

    private mutating func content(upTo count: Int) -> Event {
        let bytes = Array(pending[..<count])
        pending.removeFirst(count)
        return .content(bytes)
    }

    private static func begin(head: String) throws(AdminForm.Fault) -> Event {
        let disposition = head.components(separatedBy: "\r\n").first {
            $0.lowercased().hasPrefix("content-disposition:")
        }
        let parameters = disposition?.split(separator: ";").dropFirst().map { $0.trimmingCharacters(in: .whitespaces) }
        guard let parameters, let name = parameter("name", of: parameters[...]) else { throw AdminForm.Fault() }
        let file = parameter("filename", of: parameters[...])
        return .begin(name: name, file: file)
    }

    /// The value of `name=value` or `name="value"`; browsers write a quotation mark in it as `%22` (HTML, 'multipart/form-data
    /// encoding algorithm').
    static func parameter(_ name: String, of parts: ArraySlice<String>) -> String? {
        for part in parts {
            let pair = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard pair.count == 2, pair[0].lowercased() == name else { continue }
            let value = pair[1]
            guard value.hasPrefix("\""), value.hasSuffix("\""), value.count > 1 else { return String(value) }
            return String(value.dropFirst().dropLast()).replacing("%22", with: "\"")
        }
        return nil
    }

    /// Where some bytes, at least one, stand first; nil: nowhere. A file may be long: only places that begin as they do are
    /// looked at (`man 3 memchr`).
    private static func range(of wanted: [UInt8], in bytes: [UInt8]) -> Range<Int>? {
        bytes.withUnsafeBytes { all -> Range<Int>? in
            guard let start = all.baseAddress, let first = wanted.first else { return nil }
            var position = 0
            while position + wanted.count <= all.count,
                let found = memchr(start + position, Int32(first), all.count - wanted.count + 1 - position)
            {
                position = UnsafeRawPointer(found) - start
                if all[position..<(position + wanted.count)].elementsEqual(wanted) {
                    return position..<(position + wanted.count)
                }
                position += 1
            }
            return nil
        }
    }
}
