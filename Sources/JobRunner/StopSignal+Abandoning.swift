internal import Synchronization

extension StopSignal {
    /// Whether calls under way are to be given up, too.
    public var isAbandoning: Bool { urgency == .abandon }

    /// Asks for at least what another signal has been asked for.
    public func match(_ other: StopSignal) {
        if other.isRaised { drain() }
        if other.isAbandoning { abandon() }
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
