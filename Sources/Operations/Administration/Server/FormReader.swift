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
