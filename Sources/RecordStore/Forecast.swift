/// What a batch's queued records would take, were nothing to go wrong.
public struct Forecast: Sendable, Equatable {
    /// Records that would be called, once each.
    public var calls = 0
    /// Records that would get an earlier batch's answer.
    public var reused = 0
    /// Records that would be held, because an identical one is in doubt.
    public var held = 0
    /// Records that would get the answer of an earlier line of the batch.
    public var repeats = 0

    /// Nothing queued.
    public init() {}
}
