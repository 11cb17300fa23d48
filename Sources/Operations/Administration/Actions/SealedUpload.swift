import Basics
import OpenSSL

/// An uploaded file between its check and its being taken in: encrypted at once, under a key of its own that is nowhere
/// else.
struct SealedUpload: Sendable {
    /// The file's name without folders.
    let name: String
    let job: String
    /// Whether it is taken in although it was before.
    let again: Bool
    /// What taking it in was said to bring about.
    let estimate: String
    let receivedAt: MonotonicTime
    private let key: [UInt8]
    private let nonce: [UInt8]
    private let sealed: [UInt8]
    private static var nothing: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: nil, count: 0) }

    /// Seals a file.
    ///
    /// - Throws: `OpenSSLError` where that cannot be done.
    init(_ file: AdminForm.File, job: String, again: Bool, estimate: String, at now: MonotonicTime) throws {
        (name, self.job, self.again, self.estimate, receivedAt) = (file.name, job, again, estimate, now)
        key = try SecureRandom.bytes(AES256GCM.keyByteCount)
        nonce = try SecureRandom.bytes(AES256GCM.nonceByteCount)
        var cipher = try AES256GCM(key: key)
        let nonce = nonce
        sealed = try [UInt8](unsafeUninitializedCapacity: file.bytes.count + AES256GCM.tagByteCount) { out, count in
            count = file.bytes.count + AES256GCM.tagByteCount
            let place = UnsafeMutableRawBufferPointer(start: out.baseAddress, count: count)
            try file.bytes.withUnsafeBytes { plain in
                try nonce.withUnsafeBytes {
                    try cipher.seal(plain, nonce: $0, additionalData: Self.nothing, into: place)
                }
            }
        }
    }

    /// What was agreed to when it is taken in, for the audit.
    var auditDetail: String {
        "uploaded \(PlainText.line(name)) under the job \(job)\(again ? ", once more" : ""): \(estimate)"
    }

    /// How much memory it takes, in bytes.
    var byteCount: Int { sealed.count }

    /// The file's content.
    ///
    /// - Throws: `OpenSSLError` where it cannot be opened.
    func open() throws -> [UInt8] {
        var cipher = try AES256GCM(key: key)
        return try [UInt8](unsafeUninitializedCapacity: max(1, byteCount - AES256GCM.tagByteCount)) { out, count in
            count = byteCount - AES256GCM.tagByteCount
            let place = UnsafeMutableRawBufferPointer(start: out.baseAddress, count: count)
            try sealed.withUnsafeBytes { message in
                try nonce.withUnsafeBytes {
                    try cipher.open(message, nonce: $0, additionalData: Self.nothing, into: place)
                }
            }
        }
    }
}

/// Uploads that wait for a decision. A pure value; times come from outside.
struct PendingUploads: Sendable {
    /// How long one waits.
    static let limit = Duration.seconds(900)
    /// How many wait at most; the oldest makes room.
    static let capacity = 4
    /// How many bytes they take at most.
    static let mostBytes = 128 << 20

    private var uploads: [String: SealedUpload] = [:]

    /// Keeps an upload under an id that nobody guesses.
    mutating func keep(_ upload: SealedUpload, as id: String, at now: MonotonicTime) {
        drop(at: now)
        while !uploads.isEmpty, uploads.count >= Self.capacity || byteCount + upload.byteCount > Self.mostBytes {
            let oldest = uploads.min { $0.value.receivedAt < $1.value.receivedAt }
            if let oldest { uploads[oldest.key] = nil }
        }
        uploads[id] = upload
    }

    /// Takes an upload out; nil where it has waited too long.
    mutating func take(_ id: String, at now: MonotonicTime) -> SealedUpload? {
        drop(at: now)
        return uploads.removeValue(forKey: id)
    }

    private var byteCount: Int { uploads.values.reduce(0) { $0 + $1.byteCount } }

    private mutating func drop(at now: MonotonicTime) {
        uploads = uploads.filter { now - $0.value.receivedAt < Self.limit }
    }
}
