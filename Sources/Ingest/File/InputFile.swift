package import Basics
import OpenSSL
package import RecordStore

/// A file of records, opened and known to be one: its kind, delimiter and header have been found and checked. What
/// comes after the header has not been looked at; `examine()` does that.
package struct InputFile: Sendable {
    /// The file's name, without its folder.
    package let name: String
    /// How its records are written.
    package let format: InputFormat
    /// All that is needed to make requests of its rows.
    package let layout: RecordLayout
    /// Its size in bytes when it was opened.
    package var byteCount: Int { identity.byteCount }

    let file: any InputSource
    let identity: FileIdentity
    /// Offset in bytes of the first record.
    let dataOffset: Int
    /// Physical line from 1 at which it stands.
    let dataLine: Int

    /// Opens a file, finds out what it is, and checks its header against the mapping.
    ///
    /// - Parameters:
    ///   - path: path of the file.
    ///   - mapping: the job's mapping; nil means that columns are known by name.
    ///   - expected: the kind of file the job speaks of; nil where any will do.
    /// - Returns: the open file.
    /// - Throws: `InputError` for a file that cannot be read or is no such file at all.
    package static func open(
        path: String, mapping: FieldMapping? = nil, expecting expected: InputKind? = nil
    ) throws(InputError) -> InputFile {
        try open(OpenFile(path: path), mapping: mapping, expecting: expected)
    }

    /// The same for a file that is open already.
    package static func open(
        _ file: any InputSource, mapping: FieldMapping? = nil, expecting expected: InputKind? = nil
    ) throws(InputError) -> InputFile {
        if let sign = UnfinishedName.sign(in: file.name) {
            throw InputError(
                file: file.name,
                rule: "is unfinished, as its name says (\(sign)); wait until its writer has renamed it, or do so")
        }
        let identity = try file.identity()
        let mapping = mapping ?? FieldMapping()
        let head = try InputHead.read(file, mapping: mapping, expected: expected)
        return InputFile(file: file, identity: identity, head: head, mapping: mapping)
    }

    private init(file: any InputSource, identity: FileIdentity, head: InputHead, mapping: FieldMapping) {
        name = file.name
        format = head.format
        layout = RecordLayout(
            format: head.format, headerLine: head.headerLine, lineEnd: head.lineEnd,
            hasByteOrderMark: head.hasByteOrderMark, columns: head.columns, mapping: mapping)
        self.file = file
        self.identity = identity
        dataOffset = head.dataOffset
        dataLine = head.dataLine
    }

    /// A reader of the records from a place on; nil begins at the first.
    func records(from place: (offset: Int, line: Int)? = nil) -> RecordReader {
        let delimiter: UInt8? = if case .csv(let byte) = format { byte } else { nil }
        return RecordReader(
            source: file, delimiter: delimiter, offset: place?.offset ?? dataOffset, line: place?.line ?? dataLine)
    }

    /// Refuses a file that a program on this machine has open for writing. A file named on the command line is taken at
    /// once; waiting to see whether it has settled would delay the caller.
    ///
    /// - Throws: `InputError`.
    package func requireNoWriter() throws(InputError) {
        guard file.isOpenForWriting else { return }
        throw InputError(
            file: name,
            rule: "is open for writing in another program; nothing of it was taken in: let that program finish, or "
                + "close it, and run the same command again")
    }

    /// Refuses a file that has been written to since it was opened. It may be renamed or deleted meanwhile.
    func requireUnchanged() throws(InputError) {
        guard try file.identity().isSameBesidesName(as: identity) else {
            throw InputError(
                file: name, rule: "was changed while it was being read; let it be finished, then start again")
        }
    }
}

extension InputFile {
    /// Reads the whole file once: makes its digest and checks that it is UTF-8 without NUL.
    ///
    /// - Returns: the file with its digest.
    /// - Throws: `InputError` with line and column of the first byte that is not text, or when the file was changed
    ///   meanwhile; `OpenSSLError` when no digest can be made.
    package func examine() throws -> ExaminedFile {
        var digest = try SHA256Stream()
        var check = TextCheck()
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: RecordReader.portion, alignment: 64)
        defer { buffer.deallocate() }
        var offset = 0
        while case let count = try file.read(into: buffer, at: offset), count > 0 {
            let block = UnsafeRawBufferPointer(rebasing: buffer.prefix(count))
            try digest.update(block)
            if let fault = check.check(block) { throw try refusal(fault) }
            offset += count
        }
        if let fault = check.finish() { throw try refusal(fault) }
        try requireUnchanged()
        return ExaminedFile(file: self, contentDigest: try digest.finish())
    }

    private func refusal(_ fault: TextFault) throws(InputError) -> InputError {
        let position = try TextPosition(of: fault.offset, in: file)
        return InputError(file: name, line: position.line, column: position.column, rule: fault.rule)
    }
}

/// A file that has been read from end to end and found to be text: only such a file can be taken in, so nothing of a
/// file that is refused is ever queued.
package struct ExaminedFile: Sendable {
    package let file: InputFile
    /// SHA-256 of its whole content, 32 bytes: with the job's name, what the file is known by.
    package let contentDigest: [UInt8]
}
