public import RecordStore
internal import Synchronization

extension StopSignal {
    /// Whether calls under way are to be given up, too.
    public var isAbandoning: Bool { urgency == .abandon }

    /// Asks for at least what another signal has been asked for.
    public func match(_ other: StopSignal) {
        if other.isRaised { drain() }
        if other.isAbandoning { abandon() }
    }

    /// Lets less wait for room on a full disk the more urgent the stop is: once it is raised only the ends of calls do,
    /// once calls are given up nothing does.
    public func limitWaiting(in store: RecordStore) {
        let limit: @Sendable () -> Void = { [weak self, weak store] in
            guard let self, let store, isRaised else { return }
            store.stopWaitingForRoom(exceptForEndsOfCalls: !isAbandoning)
        }
        _ = addObserver(limit)
        limit()
    }

    /// Returns once anybody has asked for a stop, or the task is cancelled.
    public func raised() async {
        let mailbox = Mailbox<Void>()
        let observer = addObserver { mailbox.post(()) }
        defer { removeObserver(observer) }
        await withTaskCancellationHandler {
            if !isRaised { await mailbox.wait() }
        } onCancel: {
            mailbox.post(())
        }
    }
}
