import Basics

/// The first bytes of a file, held while its kind and header are found out.
struct StartOfFile: ~Copyable {
    private let memory: UnsafeMutableRawBufferPointer
    private let count: Int

    /// Reads up to `limit` bytes from the beginning.
    ///
    /// - Parameters:
    ///   - source: the file.
    ///   - limit: how many bytes at most.
    /// - Throws: `InputError` when the file cannot be read.
    init(of source: any ByteSource, atMost limit: Int) throws(InputError) {
        let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: limit, alignment: 16)
        var count = 0
        do throws(InputError) {
            while count < limit {
                let read = try source.read(into: .init(rebasing: memory[count...]), at: count)
                if read == 0 { break }
                count += read
            }
        } catch {
            memory.deallocate()
            throw error
        }
        self.memory = memory
        self.count = count
    }

    deinit { memory.deallocate() }

    /// Lends the bytes.
    borrowing func withBytes<Result>(
        _ body: (UnsafeRawBufferPointer) throws(InputError) -> Result
    ) throws(InputError) -> Result {
        try body(UnsafeRawBufferPointer(rebasing: memory[0..<count]))
    }
}
