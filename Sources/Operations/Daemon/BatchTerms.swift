import JobRunner
import Schedules
import Settings

import struct Foundation.TimeZone

/// What a batch of a daemon is run under, as far as a reload can change it: the part of settings and job that
/// `RunnerConfiguration` is made from.
struct BatchTerms: Equatable {
    /// The job's name.
    let job: String
    private let own: Own?
    private let rate: Double
    private let requireEncryptedAnswers: Bool
    private let pricing: Settings.Pricing?

    /// What a job says.
    private struct Own: Equatable {
        let limits: Settings.Limits
        let retry: Settings.Retry
        let halt: Settings.Halt
        let window: CallWindow?
        let timeZone: TimeZone
        let priority: Int
        let reuseWithin: Duration?
    }

    /// The terms of a job's batches; `definition` is nil where the job is gone.
    init(job: String, _ definition: JobDefinition?, _ settings: Settings) {
        self.job = job
        own = definition.map { job in
            Own(
                limits: job.limits, retry: job.retry, halt: job.halt, window: job.window, timeZone: job.timeZone,
                priority: job.priority, reuseWithin: job.reuseWithin)
        }
        rate = settings.limits.rate
        requireEncryptedAnswers = settings.api.requireEncryptedAnswers
        pricing = settings.pricing
    }
}

extension DaemonContext.Rules {
    /// What batches of a job are run under.
    func terms(for job: String) -> BatchTerms { BatchTerms(job: job, self.job(named: job), place.settings) }
}
