extension StoreError {
    /// Whether nothing can be accounted for any more, so that whoever runs batches has to end.
    public var isFatal: Bool { [.stateNotWritten, .closed].contains(code) }
}
