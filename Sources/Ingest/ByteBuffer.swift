/// Memory that grows once and is written again for every record.
struct ByteBuffer: ~Copyable {
    /// How many bytes have been written.
    private(set) var count = 0
    private var capacity: Int
    private var memory: UnsafeMutableRawPointer

    /// - Parameter capacity: bytes to begin with.
    init(capacity: Int = 512) {
        self.capacity = max(capacity, 64)
        memory = .allocate(byteCount: self.capacity, alignment: 16)
    }

    deinit { memory.deallocate() }

    /// What has been written; valid until the next write.
    var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: memory, count: count) }

    /// Takes back everything written and keeps the memory.
    mutating func removeAll() { count = 0 }

    /// Writes one byte.
    @inline(__always)
    mutating func append(_ byte: UInt8) {
        reserve(1)
        memory.storeBytes(of: byte, toByteOffset: count, as: UInt8.self)
        count += 1
    }

    /// Writes a copy of `bytes`.
    @inline(__always)
    mutating func append(_ bytes: UnsafeRawBufferPointer) {
        guard let source = bytes.baseAddress else { return }
        reserve(bytes.count)
        (memory + count).copyMemory(from: source, byteCount: bytes.count)
        count += bytes.count
    }

    /// Writes a copy of `bytes`.
    mutating func append(_ bytes: [UInt8]) {
        bytes.withUnsafeBytes { append($0) }
    }

    /// Makes room for `additional` bytes and lends it; `body` returns how many it wrote.
    @inline(__always)
    mutating func write(upTo additional: Int, _ body: (UnsafeMutableRawPointer) -> Int) {
        reserve(additional)
        count += body(memory + count)
    }

    /// Changes what was written in place; `body` returns how many bytes of it remain.
    mutating func rewrite(_ body: (UnsafeMutableRawBufferPointer) -> Int) {
        count = body(UnsafeMutableRawBufferPointer(start: memory, count: count))
    }

    @inline(__always)
    private mutating func reserve(_ additional: Int) {
        if count + additional > capacity { grow(to: count + additional) }
    }

    @inline(never)
    private mutating func grow(to needed: Int) {
        capacity = max(needed, capacity * 2)
        let larger = UnsafeMutableRawPointer.allocate(byteCount: capacity, alignment: 16)
        larger.copyMemory(from: memory, byteCount: count)
        memory.deallocate()
        memory = larger
    }
}
