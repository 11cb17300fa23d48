import Basics
import JobRunner
import RecordStore
import Results
import Settings

/// The jobs, when each is due, and what became of its last file.
struct JobsPage: Equatable {
    /// A batch of a job.
    struct Last: Equatable {
        let name: String
        let path: String
        let state: String
        let tone: String
        let time: String
    }

    /// A job.
    struct Row: Equatable {
        let name: String
        let about: String?
        let state: String
        let tone: String
        let schedule: String
        let window: String?
        let next: String
        /// Nil where it does not run by the clock.
        let nextUTC: String?
        let last: Last?
        let source: String
        /// Where a file can be uploaded under it; nil for whoever may not, and for a job that cannot be read.
        let upload: String?
    }

    let rows: [Row]
    let errors: [String]

    /// Makes the page.
    ///
    /// - Parameters:
    ///   - jobs: The jobs as `jobs list` has them.
    ///   - batches: All batches.
    ///   - visitor: Whom it is for.
    init(_ jobs: [JobListing], _ batches: [Batch], for visitor: AdminVisitor) {
        let last = Dictionary(batches.map { ($0.job, $0) }, uniquingKeysWith: { $0.id > $1.id ? $0 : $1 })
        rows = jobs.map { job in
            let cells = job.row
            return Row(
                name: job.job, about: job.description,
                state: job.error != nil ? "wrong" : job.enabled == true ? "enabled" : "disabled",
                tone: (job.error != nil ? Tone.bad : job.enabled == true ? .good : .quiet).rawValue,
                schedule: job.schedule ?? "when a file comes", window: job.window,
                next: job.next == nil ? "–" : cells[3], nextUTC: job.next == nil ? nil : cells[4],
                last: last[job.job].map {
                    Last(
                        name: $0.name, path: $0.path, state: $0.state.words, tone: $0.state.pageTone.rawValue,
                        time: NumberFormat.time($0.createdAt))
                }, source: job.source ?? "–",
                upload: visitor.isOperator && job.error == nil && job.enabled == true
                    ? "/upload?job=" + PercentCoding.encoded(job.job) : nil)
        }
        errors = jobs.compactMap(\.error) + jobs.compactMap(\.clockFaultText)
    }

    /// The jobs as they are on the disk now.
    ///
    /// - Throws: `SettingsError` where the folder cannot be read; `StoreError`.
    static func listings(_ context: DaemonContext) async throws -> [JobListing] {
        try await JobListing.all(of: context.configuration.place, at: context.clock.now, past: context.store)
    }
}
