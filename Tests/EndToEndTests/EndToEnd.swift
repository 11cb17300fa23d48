import Testing

/// The whole tool against the emulator, one test at a time: each has processes and a server of its own, and tests that
/// compete for two processors would only show that calls time out.
@Suite("End to end", .serialized)
enum EndToEnd {}
