import JobRunner
import Results
import Schedules
import Settings

extension RunnerConfiguration {
    /// What the settings, or the job over them, allow a run; `rate` is the command line's, over both. Of the caps that
    /// all batches share the lower one holds: a job may lower a cap, but not exceed what the settings allow.
    init(_ job: JobDefinition, settings: Settings, rate: Double?) {
        self.init()
        self.rate = rate ?? job.limits.rate
        burst = job.limits.burst
        concurrency = job.limits.concurrency
        dailyCalls = Self.lower(job.limits.dailyCalls, settings.limits.dailyCalls)
        batchCalls = job.limits.batchCalls
        monthlyCalls = Self.lower(job.limits.monthlyCost, settings.limits.monthlyCost)
            .flatMap { Pricing(settings)?.calls(for: $0) }
        reuseWithin = job.reuseWithin
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
        mostFailed = job.halt.failedShare.most(of: job.halt.failedOf)
        failedOf = job.halt.failedOf
        priority = job.priority
        requireEncryptedAnswers = settings.api.requireEncryptedAnswers
        if let window = job.window {
            let zone = job.timeZone
            opening = { window.opening(from: $0, in: zone) }
        }
    }

    private static func lower<Cap: Comparable>(_ job: Cap?, _ shared: Cap?) -> Cap? {
        [job, shared].compactMap(\.self).min()
    }

    /// What one batch of a daemon may do beside others, all of which share the endpoint's own rate.
    init(_ job: JobDefinition, besideOthersOf settings: Settings) {
        self.init(job, settings: settings, rate: nil)
        if job.limits.rate < settings.limits.rate { batchRate = job.limits.rate }
        outage = job.halt.outage ?? Settings.Halt.outageOfDaemon
    }

    /// What all batches of a daemon may do together. All halt after the longest of their jobs' `halt.outage`; before
    /// that a batch whose job waits a shorter time halts by itself.
    init(daemonOf settings: Settings, jobs: some Sequence<JobDefinition> = []) {
        self.init(JobDefinition(unnamedWith: settings), settings: settings, rate: nil)
        let outages = jobs.filter(\.isEnabled).compactMap(\.halt.outage)
        outage = outages.reduce(settings.halt.outage ?? Settings.Halt.outageOfDaemon, max)
    }
}
