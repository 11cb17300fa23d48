import Foundation
import Testing

@testable import Basics

@Suite("System calls")
struct SystemCallTests {
    @Test func aCallIsMadeAgainForASignalAndForNothingElse() {
        var results = [-EINTR, -EINTR, -EAGAIN, 1][...]
        let result: Int32 = SystemCall.retrying {
            let result = results.popFirst() ?? 0
            if result < 0 { errno = -result }
            return result < 0 ? -1 : result
        }
        #expect(result == -1 && errno == EAGAIN && results == [1])
    }

    @Test func aFailureIsAnErrorWithTheSystemsReason() {
        #expect(throws: SystemFault(ENOENT)) { try SystemCall.performing { chdir("/nowhere/at/all") } }
        #expect(throws: SystemFault(EBADF)) { try SystemCall.write([1], to: -1) }
        #expect(throws: SystemFault(ENOSPC)) {
            let full = try OwnedDescriptor(opening: "/dev/full", O_WRONLY)
            try SystemCall.write([1], to: full.number)
        }
    }

    @Test func aModuleSaysItInItsOwnWords() {
        #expect(throws: CodedError(1, "gone", cause: "No such file or directory")) {
            try SystemFault.translating(by: { CodedError(1, "gone", cause: $0.text) }) { () throws(SystemFault) in
                try OwnedDescriptor(opening: "/nowhere/at/all", O_RDONLY).facts().st_size
            }
        }
    }
}
