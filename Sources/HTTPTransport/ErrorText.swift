import CCurl

/// Owns the buffer libcurl writes the words of an error to (man 3 CURLOPT_ERRORBUFFER).
final class ErrorText {
    let buffer: UnsafeMutablePointer<CChar>

    init() {
        buffer = .allocate(capacity: Int(CURL_ERROR_SIZE))
        buffer.initialize(repeating: 0, count: Int(CURL_ERROR_SIZE))
    }

    deinit { buffer.deallocate() }

    var text: String { String(cString: buffer) }

    func clear() { buffer.pointee = 0 }
}
