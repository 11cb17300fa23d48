import JobRunner
import Settings

extension RunnerConfiguration {
    /// What the settings, or the job over them, allow a run; `rate` is the command line's, over both.
    init(_ job: JobDefinition, api: Settings.API, rate: Double?) {
        self.init()
        self.rate = rate ?? job.limits.rate
        burst = job.limits.burst
        concurrency = job.limits.concurrency
        dailyCalls = job.limits.dailyCalls
        batchCalls = job.limits.batchCalls
        timeZone = job.limits.timeZone
        attempts = job.retry.attempts
        baseDelay = job.retry.baseDelay
        maxDelay = job.retry.maxDelay
        inDoubt = job.retry.inDoubt == .retry ? .retry : .hold
        inDoubtBudget = job.retry.inDoubtBudget
        probes = job.halt.probes
        probeInterval = job.halt.probeInterval
        undecipherable = job.halt.undecipherable
        outage = job.halt.outage ?? Settings.Halt.outageOfRun
        requireEncryptedAnswers = api.requireEncryptedAnswers
    }
}
