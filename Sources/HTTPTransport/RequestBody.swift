/// Owns the bytes of the request under way; libcurl reads them where they lie (man 3 CURLOPT_POSTFIELDS).
final class RequestBody {
    private(set) var start: UnsafeMutablePointer<UInt8>
    private var capacity: Int

    init() {
        capacity = 4096
        start = .allocate(capacity: capacity)
    }

    deinit { start.deallocate() }

    /// Copies the bytes in.
    func hold(_ bytes: [UInt8]) {
        if bytes.count > capacity { grow(to: bytes.count) }
        bytes.withUnsafeBufferPointer { source in
            guard let first = source.baseAddress else { return }
            start.update(from: first, count: source.count)
        }
    }

    private func grow(to count: Int) {
        start.deallocate()
        capacity = count
        start = .allocate(capacity: count)
    }
}
