import Basics
import Ingest
import JobRunner
import RecordStore
import Settings

extension House {
    /// Tells whoever a job names that something happened to one of its batches.
    func tell(
        _ event: Settings.Notification.Event, of batch: Batch, under job: JobDefinition?, reason: String? = nil,
        remedy: String? = nil, next: Hint? = nil, results: String? = nil, cost: String? = nil
    ) {
        let notice = BatchNotice(
            event, of: batch, at: clock.now, reason: reason, remedy: remedy, next: next, results: results,
            cost: cost)
        notifier.tell(notice, to: job?.notify ?? settings.notify)
    }

    /// Tells that a job was due while nobody could start it.
    func tellMissed(_ job: JobDefinition, due: Int64, count: Int, runsNow: Bool) {
        let notice = BatchNotice(missedBy: job.name, due: due, count: count, runsNow: runsNow, at: clock.now)
        notifier.tell(notice, to: job.notify ?? settings.notify)
    }

    /// Tells that a file was not taken in.
    func tellRejection(of error: InputError, under job: JobDefinition) {
        let notice = BatchNotice(rejectedBy: job.name, reason: error.description, at: clock.now)
        notifier.tell(notice, to: job.notify ?? settings.notify)
    }
}
