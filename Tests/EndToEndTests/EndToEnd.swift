import Testing

/// The whole tool against the emulator, two tests at a time: each has processes and a server of its own and mostly waits
/// for them, but tests that compete for two processors would only show that calls time out.
@Suite("End to end")
enum EndToEnd {
    /// What is sent, answered and paid.
    @Suite("Calls, end to end", .serialized)
    enum Calls {}

    /// Commands, files, processes and what they say.
    @Suite("Commands, end to end", .serialized)
    enum Commands {}
}
