import Logging
import RecordStore

extension Batch {
    /// A log message's metadata: which batch of which job, and what else there is to say.
    func logged(_ more: Logger.Metadata = [:]) -> Logger.Metadata {
        more.merging(["batch": "\(name)", "job": "\(job)"]) { own, _ in own }
    }
}
