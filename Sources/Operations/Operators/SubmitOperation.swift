import Foundation
import Ingest
import JobRunner
import RecordStore
import Settings

/// `rollcall submit`: takes files in beside whoever runs the database; a daemon goes on with them.
public struct SubmitOperation: Sendable {
    private let request: RunRequest
    private let console: Console

    /// Describes what to take in; of the request `out` and `rate` have no meaning here.
    public init(_ request: RunRequest, console: Console = .standard) {
        self.request = request
        self.console = console
    }

    /// Takes the files in, one after the other; a file that cannot be used refuses all before anything is queued, and one
    /// whose batch has finished is passed over.
    public func perform() async throws -> ExitStatus {
        let place = try Installation(config: request.config)
        let job = try place.jobForDaemon(request.job)
        let inputs = try request.files.map { path in
            try InputFile.open(path: path, mapping: FieldMapping(job), expecting: job.inputKind).examine()
        }
        try place.makeDatabaseIfMissing()
        let (session, stop) = (try OperatorSession(place, console: console), StopSignal())
        return try await SignalledWork.run(stop: stop, console: console) {
            let outcome = try await BatchSubmission(session: session, job: job, request: request, stop: stop)
                .submit(inputs)
            let batches = outcome.files.map(\.batch)
            for batch in batches where !request.json { console.output(batch.name) }
            if request.json {
                let outlooks = try BatchOutlooks(place, session.store)
                console.output(JSONText.text(of: try batches.map { try BatchStatus($0, outlooks) }))
            }
            try await session.close()
            return outcome.status(of: inputs.count)
                ?? (batches.contains { $0.state == .awaitingConfirmation } ? .unfinished : .succeeded)
        }
    }
}
