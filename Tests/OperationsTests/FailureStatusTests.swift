import Basics
import Foundation
import Testing

@testable import Operations
@testable import RecordStore

@Suite("How a command ends that cannot continue")
struct FailureStatusTests {
    @Test(
        "What a restart can mend is 3; only what somebody has to change in settings or keys is 78",
        arguments: [
            (StoreError.Code.diskFull, Operations.ExitStatus.unfinished), (.stateNotWritten, .unfinished),
            (.notReadable, .unfinished), (.damaged, .unfinished), (.altered, .unfinished), (.locked, .unfinished),
            (.closed, .unfinished), (.notAllowed, .unfinished), (.wrongEndpoint, .configuration),
            (.sealingKey, .configuration), (.schemaVersion, .configuration), (.noDatabase, .configuration),
            (.notFound, .usage), (.takenIn, .inputUnusable), (.purged, .inputUnusable),
        ])
    func ofTheStore(code: StoreError.Code, status: Operations.ExitStatus) {
        #expect(OperationFailure(StoreError(code, "x")).status == status)
    }

    @Test(
        "A folder that cannot be used is 78 for its permissions, and 3 for its disk",
        arguments: [
            (ENOSPC, Operations.ExitStatus.unfinished, "make room"), (EDQUOT, .unfinished, "make room"),
            (EROFS, .unfinished, "read-only"), (EIO, .unfinished, "the disk failed"), (ESTALE, .unfinished, "share"),
            (EACCES, .configuration, "permissions"), (ENOENT, .configuration, "correct the path"),
        ])
    func ofAFolder(systemError: Int32, status: Operations.ExitStatus, words: String) {
        let failure = OperationFailure("/srv/out", "the folder cannot be made", SystemFault(systemError))
        #expect(failure.status == status)
        #expect(failure.message.hasPrefix("/srv/out: the folder cannot be made; ") && failure.message.contains(words))
    }

    @Test("Foundation's file errors say which of them it is")
    func ofFoundation() throws {
        let error = #expect(throws: CocoaError.self) {
            try FileManager.default.createDirectory(
                atPath: "/proc/self/new", withIntermediateDirectories: true, attributes: nil)
        }
        let fault = SystemFault(behind: try #require(error))
        #expect(fault == SystemFault(ENOENT))
        #expect(SystemFault(behind: CocoaError(.fileWriteOutOfSpace)) == SystemFault(ENOSPC))
        #expect(OperationFailure(CocoaError(.fileWriteOutOfSpace)).status == .unfinished)
        #expect(OperationFailure(CocoaError(.fileWriteNoPermission)).status == .configuration)
    }
}
