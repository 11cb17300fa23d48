package import Basics
import Dispatch

/// Runs a test's world on threads of Dispatch and counts its jobs, so that its clock knows when all of it waits.
///
/// What has its executor by preference is counted, with its child tasks and the actors it calls; a `Task` that is made
/// inside is not (SE-0417).
package final class CountingExecutor: TaskExecutor {
    private let work: WorkInProgress
    private let queue = DispatchQueue(label: "test world", attributes: .concurrent)

    package init(_ work: WorkInProgress) {
        self.work = work
    }

    package func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        work.begin()
        queue.async { [self] in
            job.runSynchronously(on: asUnownedTaskExecutor())
            // Whatever the job has resumed is counted by now.
            work.end()
        }
    }
}
