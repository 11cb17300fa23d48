import Basics

/// An uploaded file between its check and its being taken in.
struct SealedUpload: Sendable {
    let file: SealedFile
    let job: String
    /// Whether it is taken in although it was before.
    let again: Bool
    /// What taking it in was said to bring about.
    let estimate: String
    let receivedAt: MonotonicTime

    init(_ file: SealedFile, job: String, again: Bool, estimate: String, at now: MonotonicTime) {
        (self.file, self.job, self.again, self.estimate, receivedAt) = (file, job, again, estimate, now)
    }

    /// What was agreed to when it is taken in, for the audit.
    var auditDetail: String {
        "\(file.name) under the job \(job)\(again ? ", once more" : ""): \(estimate)"
    }

    /// How much of the disk it takes, in bytes, but for the tags.
    var byteCount: Int { file.byteCount }
}

/// Uploads that wait for a decision. A pure value; times come from outside.
struct PendingUploads: Sendable {
    /// How long one waits.
    static let limit = Duration.seconds(900)
    /// How many wait at most; the oldest makes room.
    static let capacity = 4
    /// How many bytes of the disk they take at most; one alone may take more.
    static let mostBytes = 2 << 30

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
