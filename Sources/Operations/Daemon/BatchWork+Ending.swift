import Basics
import JobRunner
import Logging
import RecordStore
import Settings

extension BatchWork {
    /// What the end of a run means for the people who wait for the batch.
    func tell(_ end: RunEnd, of id: BatchID, under job: JobDefinition) async throws {
        let batch = try house.store.batch(id)
        switch end {
        case .completed, .rerunDone: break
        // It is begun anew at once.
        case .stopped where batch.state == .running && !house.stop.isRaised: break
        case .stopped, .stateChanged:
            house.log.info("batch stands still", metadata: batch.logged(["state": "\(batch.state.rawValue)"]))
        case .halted(let halt):
            house.log.error(
                "batch halted", metadata: batch.logged(["reason": "\(halt.reason)", "remedy": "\(halt.remedy)"]))
            house.tell(.halted, of: batch, under: job, remedy: halt.remedy)
        case .capped(let cap):
            let resumption = CapTurn.next(after: house.clock.now, cap: cap, in: job.limits.timeZone)
            try await house.store.setResumption(of: batch, at: resumption)
            house.log.notice(
                "batch paused by a cap", metadata: batch.logged(["reason": "\(batch.reason ?? cap.rawValue)"]))
            house.tell(.paused, of: batch, under: job)
        }
    }

    /// Lets the batch's file go where its job says. Where that can't be done the batch is over all the same, and
    /// `InputRelease` tries again and tells why.
    func letGo(_ batch: Batch) async throws {
        guard !house.departures.contains(batch.id) else { return }
        do {
            try await house.release(batch)
        } catch  where error.endsTheDaemon {
            throw error
        } catch {}
        if try house.store.claimedFile(of: batch.id) != nil { house.departures.add(batch.id) }
    }

    /// The batch's job is gone, so nobody knows under which limits its records may be sent.
    func pauseWithoutJob(_ batch: Batch) async throws -> End {
        try await pause(
            batch,
            because: "its job '\(batch.job)' is not there any more; put its file back into the jobs folder, then "
                + "\(Hint.resume(batch: batch.name))"
        )
    }

    /// Only its job says where results and file of a batch go; while that is away they wait.
    func isHeldByMissingJob(_ batch: Batch) throws -> Bool {
        guard house.rules.job(named: batch.job) == nil, try house.store.claimedFile(of: batch.id) != nil else {
            return false
        }
        house.log.error(
            "results wait: the batch's job is not there any more; put its file back into the jobs folder",
            metadata: batch.logged())
        return true
    }

    /// Stops a batch that cannot go on for a reason of its own, unless somebody else has moved it meanwhile.
    func pause(_ batch: Batch, because reason: String) async throws -> End {
        guard try await house.store.moveBatch(batch.id, from: [.running], to: .paused, reason: reason) else {
            return .done
        }
        house.log.error("batch paused", metadata: batch.logged(["reason": "\(reason)"]))
        house.tell(.paused, of: try house.store.batch(batch.id), under: house.rules.job(named: batch.job))
        return .done
    }

    func runner(for batch: Batch, under job: JobDefinition) throws -> BatchRunner {
        let (house, batchID) = (house, batch.id)
        return BatchRunner(
            store: house.store, submitter: house.client,
            requests: try BatchRequests(layout: house.store.layout(of: batchID)),
            configuration: RunnerConfiguration(job, besideOthersOf: house.settings),
            keptAnswers: Recovery(
                store: house.store, client: house.client.client,
                requireEncryptedAnswers: house.settings.api.requireEncryptedAnswers),
            traffic: house.traffic
        ) { event in
            house.progress.take(event, of: batchID)
            house.log(event, of: batch)
        }
    }
}

extension House {
    /// Keeps what a run tells that a person would want to read the next morning; progress is in `status`.
    func log(_ event: RunnerEvent, of batch: Batch) {
        switch event {
        case .progress, .probe, .halted: break
        case .gateClosed(let reason, let until):
            log.warning(
                "no calls for now", metadata: batch.logged(["reason": "\(reason)", "until": "\(Figures.time(until))"]))
        case .gateOpened: log.notice("calls go on", metadata: batch.logged())
        case .windowClosed(let until):
            log.info("outside the window", metadata: batch.logged(["until": "\(Figures.time(until))"]))
        case .windowOpened: log.info("the window is open", metadata: batch.logged())
        case .rateCut(let rate): log.notice("rate cut", metadata: batch.logged(["per_second": "\(Figures.rate(rate))"]))
        case .keptAnswersRead(let count):
            log.notice("kept answers can be read now; no call", metadata: batch.logged(["count": "\(count)"]))
        case .inDoubtRequeued(let count):
            log.notice("records in doubt queued again", metadata: batch.logged(["count": "\(count)"]))
        }
    }
}
