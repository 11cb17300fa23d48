import Foundation
import Testing

@testable import Operations

@Suite("Process privacy")
struct ProcessPrivacyTests {
    private typealias ProcessControl = @convention(c) (Int32, UInt, UInt, UInt, UInt) -> Int32
    /// `linux/prctl.h`.
    private static let (getDumpable, setDumpable) = (Int32(3), Int32(4))

    @Test("Nothing of a process's memory reaches a core, another process, or the runtime's crash handlers")
    func applied() throws {
        // prctl is variadic, which Swift cannot call by name.
        let symbol = try #require(dlsym(nil, "prctl"))
        let control = unsafeBitCast(symbol, to: ProcessControl.self)
        #expect(control(Self.setDumpable, 1, 0, 0, 0) == 0)
        ProcessPrivacy.apply()
        #expect(control(Self.getDumpable, 0, 0, 0, 0) == 0)
        var limit = rlimit()
        #expect(getrlimit(__rlimit_resource_t(RLIMIT_CORE.rawValue), &limit) == 0)
        #expect(limit.rlim_cur == 0 && limit.rlim_max == 0)
        for number in [SIGQUIT, SIGILL, SIGTRAP, SIGABRT, SIGFPE, SIGBUS, SIGSEGV, SIGSYS] {
            var action = sigaction()
            #expect(sigaction(number, nil, &action) == 0)
            #expect(action.__sigaction_handler.sa_handler == nil, "signal \(number) has a handler")
        }
    }
}
