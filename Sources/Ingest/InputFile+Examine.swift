import Basics
import OpenSSL

extension InputFile {
    /// Reads the whole file once: makes its digest and checks that it is UTF-8 without NUL.
    ///
    /// - Returns: the file with its digest.
    /// - Throws: `InputError` with line and column of the first byte that is not text, or when the file was changed
    ///   meanwhile; `OpenSSLError` when no digest can be made.
    public func examine() throws -> ExaminedFile {
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
