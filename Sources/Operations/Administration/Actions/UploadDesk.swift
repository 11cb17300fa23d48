import Basics
import Foundation
import Ingest
import JobRunner
import OpenSSL
import RecordStore
import Settings

/// Looks uploaded files through, and takes in those that somebody agrees to.
final class UploadDesk: Sendable {
    private let context: DaemonContext
    private let pending = Lock(PendingUploads())

    init(context: DaemonContext) { self.context = context }

    /// What taking in a file would do. Nothing is queued; the file is kept sealed until somebody decides.
    ///
    /// - Throws: `InputError` for a file that cannot be taken in; `SettingsError` for the job; `StoreError`.
    func check(_ file: SealedFile, job name: String, again: Bool) async throws -> (CheckFinding, id: String) {
        let (store, place, now) = (context.store, context.configuration.place, context.clock.now)
        let job = try place.jobForDaemon(name == JobDefinition.unnamed ? nil : name)
        let spending = Spending(store: store, job: job, pricing: place.pricing, clock: context.clock)
        if job.reuseWithin != nil { try await store.learnAnswers() }
        let since = Spending.answeredSince(job, at: now)
        let received = context.clock.monotonic
        let survey = try await BlockingWork.run {
            try FileSurvey.survey(
                Self.examined(file, under: job), after: FileSurvey.Past(store: store, answeredSince: since))
        }
        let known = try await store.findBatch(job: job.name, contentDigest: survey.contentDigest).first
        let prospect = try await CheckProspect(
            survey, known: known, job: job, pricing: place.pricing, spending: spending, at: now, after: 0)
        let finding = CheckFinding(survey, prospect, job: job, hasLooked: true)
        let upload = SealedUpload(
            file, job: name, again: again, estimate: finding.estimate(again: again).text, at: received)
        let id = Hexadecimal.encode(try SecureRandom.bytes(16))
        let time = context.clock.monotonic
        pending.withLock { $0.keep(upload, as: id, at: time) }
        return (finding, id)
    }

    /// Discards an upload.
    func drop(_ id: String) {
        let now = context.clock.monotonic
        _ = pending.withLock { $0.take(id, at: now) }
    }

    /// Takes in an upload, whose estimate somebody has agreed to.
    ///
    /// - Returns: Its batch; nil where the upload is not kept any more.
    /// - Throws: `InputError`; `SettingsError`; `OperationFailure`; `StoreError`.
    func takeIn(_ id: String) async throws -> Batch? {
        let now = context.clock.monotonic
        guard let upload = pending.withLock({ $0.take(id, at: now) }) else { return nil }
        let place = context.configuration.place
        let job = try place.jobForDaemon(upload.job == JobDefinition.unnamed ? nil : upload.job)
        let input = try await BlockingWork.run { try Self.examined(upload.file, under: job) }
        let session = OperatorSession(
            place, store: context.store, actor: BatchActions.actor, console: .collecting(CollectedNotes()))
        let request = RunRequest(files: [upload.file.name], config: place.settings.path, yes: true, again: upload.again)
        let outcome = try await BatchSubmission(session: session, job: job, request: request, stop: context.stop)
            .submit([input])
        context.batchWakeSignal.wakeUp()
        guard let file = outcome.files.first else { return nil }
        let remark = file.isPassedOver ? "; passed over, as it was taken in before" : ""
        try await session.note(.upload, of: file.batch.id, detail: upload.auditDetail + remark)
        return file.batch
    }

    private static func examined(_ file: SealedFile, under job: JobDefinition) throws -> ExaminedFile {
        try InputFile.open(file, mapping: FieldMapping(job), expecting: job.inputKind).examine()
    }
}

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
